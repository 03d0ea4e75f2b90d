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
                "cluster": [
                    "apiServer": server.with(environment),
                    "etcd": ["extraArgs": etcdFlags(instance: nil).fields],
                ],
            ])
        guard certificates != nil else { return }
        plan.add("TLS: Talos can't set etcd's environment variables, so etcd's spans can't go to a TLS port.")
    }
}
