import YAML

// kind and minikube: clusters in containers, configured when they are created.
extension TracingRequest {
    /// Where kind's node has kubeadm's patches of static pods.
    private static let patches = "/etc/kubernetes/patches"
    /// The first release whose kubeadm takes patches from its configuration.
    private static let firstWithPatches = Release(1, 23)

    func addKind(to plan: inout SetupPlan) {
        plan.add("tracing.yaml, beside kind's configuration:", content: tracingConfiguration)
        let isPatched = !environment.isEmpty && kubernetes >= Self.firstWithPatches
        if isPatched { addKindsPatches(to: &plan) }
        var comments = [
            "kind's configuration: kind create cluster --config FILE",
            "The endpoint is seen from the node's container, where 127.0.0.1 is the container itself. Where Faultline runs on",
            "this machine, give --endpoint the machine's address there: docker network inspect kind (Gateway)",
        ]
        if isPatched, let directory = certificates?.directory {
            comments.append(
                "In the folder certificates beside it: ca.crt, tls.crt and tls.key. The node has it as \(directory)")
        }
        plan.steps.append(
            SetupPlan.Step(
                comments: comments,
                content: [
                    "kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4",
                    "nodes": [
                        [
                            "role": "control-plane", "extraMounts": kindMounts(isPatched: isPatched),
                            "kubeadmConfigPatches": .list(kindPatches(isPatched: isPatched).map { .text($0) }),
                        ]
                    ],
                ]))
        if !isPatched { noteMissingVariables("kubeadm before 1.23 takes no patches from its configuration", to: &plan) }
        addKindsKubelet(to: &plan)
    }

    /// kind sets no environment variables of its nodes' kubelets.
    private func addKindsKubelet(to plan: inout SetupPlan) {
        guard let kubeletConfiguration, let text = try? kubeletConfiguration.serialized() else { return }
        guard certificates == nil else {
            return plan.add(
                "The kubelets of kind's nodes get no certificates, so that their spans can't go to a TLS port.")
        }
        var comments = ["Optional, the kubelet's spans. In kind's configuration, one more element for each node:"]
        if cluster != nil { comments.append("These spans name no cluster: kind sets no environment of the kubelet.") }
        plan.steps.append(SetupPlan.Step(comments: comments, content: ["kubeadmConfigPatches": [.text(text)]]))
    }

    /// Files by which kubeadm changes the manifests that it writes: its configuration has no environment variables before
    /// v1beta4, and no volumes of etcd.
    private func addKindsPatches(to plan: inout SetupPlan) {
        let volumes = certificates.map { [HostFolder(name: "tracing-certificates", path: $0.directory)] } ?? []
        for component in ["kube-apiserver", "etcd"] {
            plan.add(
                "patches/\(component)+strategic.yaml, beside kind's configuration:",
                content: pod(component, [], volumes))
        }
    }

    private func kindMounts(isPatched: Bool) -> YAMLValue {
        func mount(_ host: String, _ path: String) -> YAMLValue {
            ["hostPath": .text("./\(host)"), "containerPath": .text(path), "readOnly": true]
        }
        var mounts = [mount("tracing.yaml", Self.file)]
        if isPatched {
            mounts.append(mount("patches", Self.patches))
            if let directory = certificates?.directory { mounts.append(mount("certificates", directory)) }
        }
        return .list(mounts)
    }

    /// kind merges these into the configuration that it generates: the first into the ClusterConfiguration, a v1beta3.
    private func kindPatches(isPatched: Bool) -> [String] {
        let cluster = """
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
        guard isPatched else { return [cluster] }
        return [cluster]
            + ["InitConfiguration", "JoinConfiguration"].map {
                "kind: \($0)\npatches:\n  directory: \(Self.patches)\n"
            }
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
        noteMissingVariables(
            "minikube writes static pods' manifests again at every start, without extra variables", to: &plan)
        addKubelet(
            "After each start, in the node (minikube ssh): /var/lib/kubelet/config.yaml: merge, restart the kubelet.",
            to: &plan)
    }

    private func noteMissingVariables(_ why: String, to plan: inout SetupPlan) {
        guard !environment.isEmpty else { return }
        let options = [
            certificates.map { "--tls \($0.directory)" }, cluster.map { _ in "--cluster NAME" },
        ].compactMap { $0 }.joined(separator: " ")
        var comments = [
            "\(why), so environment variables can't be set. After each start, on the node:",
            "faultline setup --from /etc/kubernetes/manifests --write \(options)",
        ]
        if certificates != nil {
            comments.append("Until then, spans are sent in plain text, which a TLS port refuses.")
        }
        plan.steps.append(SetupPlan.Step(comments: comments, content: nil))
    }
}
