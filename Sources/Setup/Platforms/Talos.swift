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
        let variables = environment.isEmpty ? [] : [("env", environment.fields)]
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
                "cluster": YAMLValue.map([("apiServer", server.with(variables))] + (environment.isEmpty ? etcd : [])),
            ])
        guard !environment.isEmpty else {
            noteInstances("extraArgs", to: &plan)
            return addTalossKubelet(to: &plan)
        }
        var plain = self
        plain.endpoint = .local
        let lacks = [
            certificates.map { _ in "can't go to a TLS port" }, cluster.map { _ in "can't name their cluster" },
        ]
        let adds = [
            certificates.map { _ in "forwards over TLS" },
            cluster.map { "adds \($0.setting().value) to their resource" },
        ]
        plan.add(
            "Talos can't set environment variables of etcd and the kubelet, so their spans \(lacks.compactMap { $0 }.joined(separator: " and ")).",
            "They can go to a collector on each node that takes plain text at \(plain.endpoint) and",
            "\(adds.compactMap { $0 }.joined(separator: ", and ")). With one, merge:",
            content: ["cluster": ["etcd": ["extraArgs": plain.etcdFlags(instance: nil).fields]]])
        noteInstances("extraArgs", to: &plan)
        plain.addTalossKubelet(to: &plan)
    }

    private func addTalossKubelet(to plan: inout SetupPlan) {
        guard let kubeletFields else { return }
        plan.add(
            "Optional, the kubelet's spans. In the patch of each node: merge",
            content: ["machine": ["kubelet": ["extraConfig": .map(kubeletFields)]]])
    }
}
