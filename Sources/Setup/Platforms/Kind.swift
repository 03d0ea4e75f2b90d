import YAML

// kind and minikube: clusters in containers, configured when they are created.
extension TracingRequest {
    func addKind(to plan: inout SetupPlan) {
        plan.add("tracing.yaml, beside kind's configuration:", content: tracingConfiguration)
        let mount: YAMLValue = ["hostPath": "./tracing.yaml", "containerPath": .text(Self.file), "readOnly": true]
        plan.add(
            "kind's configuration: kind create cluster --config FILE",
            "The endpoint is seen from the node's container, where 127.0.0.1 is the container itself. Where Faultline runs on",
            "this machine, give --endpoint the machine's address there: docker network inspect kind (Gateway)",
            content: [
                "kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4",
                "nodes": [
                    [
                        "role": "control-plane", "extraMounts": [mount],
                        "kubeadmConfigPatches": [.text(kindPatch)],
                    ]
                ],
            ])
        noteMissingCertificates("kind", to: &plan)
    }

    /// kind merges this into the ClusterConfiguration that it generates, which is a v1beta3.
    private var kindPatch: String {
        """
        kind: ClusterConfiguration
        apiServer:
          extraArgs:
        \(lines(apiServerFlags(file: Self.file), indent: 4))
          extraVolumes:
          - name: tracing
            hostPath: \(Self.directory)
            mountPath: \(Self.directory)
            readOnly: true
        etcd:
          local:
            extraArgs:
        \(lines(etcdFlags(instance: nil), indent: 6))

        """
    }

    private func lines(_ flags: [Setting], indent: Int) -> String {
        flags.map { "\(String(repeating: " ", count: indent))\($0.name): \"\($0.value)\"" }.joined(separator: "\n")
    }

    func addMinikube(to plan: inout SetupPlan) {
        // Inside what minikube mounts into the API server's pod.
        let file = "/var/lib/minikube/certs/tracing.yaml"
        plan.add("~/.minikube/files\(file), which minikube copies into its node:", content: tracingConfiguration)
        let flags =
            apiServerFlags(file: file).map { "apiserver.\($0.name)=\($0.value)" }
            + etcdFlags(instance: nil).map { "etcd.\($0.name)=\($0.value)" }
        plan.steps.append(
            SetupPlan.Step(
                comments: [
                    "Start the cluster:",
                    "minikube start \(flags.map { "--extra-config=\($0)" }.joined(separator: " "))",
                    "The endpoint is seen from the node, where 127.0.0.1 is the node itself. Where Faultline runs on this machine,",
                    "give --endpoint the machine's address there: minikube ssh -- grep host.minikube.internal /etc/hosts",
                ],
                content: nil))
        noteMissingCertificates("minikube", to: &plan)
    }

    private func noteMissingCertificates(_ place: String, to plan: inout SetupPlan) {
        guard certificates != nil else { return }
        plan.add(
            "TLS: \(place) can't set environment variables of static pods. Use --from on its node for the certificates."
        )
    }
}
