import YAML

// Talos: a patch of the machine configuration, which writes files below /var only.
extension TracingRequest {
    func addTalos(to plan: inout SetupPlan) {
        let directory = "/var/etc/tracing"
        let file = "\(directory)/apiserver.yaml"
        let folders = [directory] + [certificates?.directory].compactMap { $0 }
        let server: YAMLValue = [
            "extraArgs": apiServerFlags(file: file).fields,
            "extraVolumes": .list(folders.map { ["hostPath": .text($0), "mountPath": .text($0), "readonly": true] }),
        ]
        let etcd: [(String, YAMLValue)] = [("etcd", ["extraArgs": etcdFlags(instance: nil).fields])]
        let environment = certificates.map { [("env", $0.environment.fields)] } ?? []
        plan.add(
            "A patch of the machine configuration: talosctl patch machineconfig --nodes NODES --patch @FILE",
            "From Talos 1.14 on, the API server's part is a document of its own, KubeAPIServerConfig.",
            content: [
                "machine": [
                    "files": [
                        [
                            "path": .text(file), "op": "create", "permissions": .number(0o644),
                            "content": .text((try? tracingConfiguration.serialized()) ?? ""),
                        ]
                    ]
                ],
                "cluster": YAMLValue.map([("apiServer", server.with(environment))] + (certificates == nil ? etcd : [])),
            ])
        guard certificates != nil else { return noteInstances("extraArgs", to: &plan) }
        var plain = self
        plain.endpoint = .local
        plan.add(
            "TLS: Talos can't set etcd's environment variables, so etcd's spans can't go to a TLS port. They can go to a",
            "collector on each node that takes plain text at \(plain.endpoint) and forwards over TLS. With one, merge:",
            content: ["cluster": ["etcd": ["extraArgs": plain.etcdFlags(instance: nil).fields]]])
        noteInstances("extraArgs", to: &plan)
    }
}
