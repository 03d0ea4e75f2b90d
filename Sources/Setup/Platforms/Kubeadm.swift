import YAML

// kubeadm's ClusterConfiguration: a list of arguments since v1beta4 (Kubernetes 1.31), a map before.
extension TracingRequest {
    func addKubeadm(to plan: inout SetupPlan) {
        addConfigurationFile(Self.file, to: &plan)
        let hasLists = kubernetes >= Release(1, 31)
        func arguments(_ flags: [Setting]) -> YAMLValue { hasLists ? flags.named : flags.fields }
        func variables(_ certificates: ClientCertificates?) -> [(String, YAMLValue)] {
            let variables = environment(certificates)
            return hasLists && !variables.isEmpty ? [("extraEnvs", variables.named)] : []
        }
        let apiServer: YAMLValue = [
            "extraArgs": arguments(apiServerFlags(file: Self.file)), "extraVolumes": .list(kubeadmVolumes),
        ]
        let local: YAMLValue = ["extraArgs": arguments(etcdFlags(instance: nil))]
        plan.steps.append(
            SetupPlan.Step(
                comments: kubeadmComments(hasLists: hasLists),
                content: [
                    "apiVersion": .text("kubeadm.k8s.io/\(hasLists ? "v1beta4" : "v1beta3")"),
                    "kind": "ClusterConfiguration", "apiServer": apiServer.with(variables(certificates)),
                    "etcd": ["local": local.with(variables(etcdCertificates))],
                ]))
        addKubelet(to: &plan)
    }

    /// kubeadm can't mount more into etcd's pod than it does: elsewhere, the files must be copied to a folder in there.
    private var etcdCertificates: ClientCertificates? {
        certificates.map { etcdFolders.isEmpty ? $0 : $0.moved(to: "/etc/kubernetes/pki/etcd/faultline") }
    }

    private var kubeadmVolumes: [YAMLValue] {
        apiServerFolders.map { folder in
            [
                "name": .text(folder.name), "hostPath": .text(folder.path), "mountPath": .text(folder.path),
                "readOnly": true, "pathType": "Directory",
            ]
        }
    }

    private func kubeadmComments(hasLists: Bool) -> [String] {
        var comments = [
            "kubeadm's ClusterConfiguration (ConfigMap kubeadm-config in kube-system): merge.",
            "Then on each control-plane node, with the merged configuration:",
            "kubeadm init phase control-plane apiserver --config FILE",
            "kubeadm init phase etcd local --config FILE",
            "Or, on a node that runs: faultline setup --from /etc/kubernetes/manifests --diff",
            "That also names the node's etcd member in its spans; a configuration of all nodes can't. But kubeadm upgrade",
            "writes the manifests again, from its configuration: what is only in them is lost.",
        ]
        if !hasLists, !environment.isEmpty {
            let needs = [certificates.map { _ in "certificates" }, cluster.map { _ in "the cluster's name" }]
            comments.append(
                "v1beta3 has no extraEnvs: for \(needs.compactMap { $0 }.joined(separator: " and ")), use --from on each node."
            )
        } else if let certificates, let etcdCertificates, !etcdFolders.isEmpty {
            comments += [
                "kubeadm mounts only /etc/kubernetes/pki/etcd into etcd's pod, so etcd has a copy. On each node, before:",
                "install -D -m 0600 -t \(etcdCertificates.directory) "
                    + certificates.fileNames.map { "\(certificates.directory)/\($0)" }.joined(separator: " "),
            ]
        }
        return comments
    }
}
