import YAML

/// A folder of the host that a pod must see.
struct HostFolder {
    let name: String
    let path: String
}

// Static pods: /etc/kubernetes/manifests, as kubeadm writes it or as written by hand.
extension TracingRequest {
    static let directory = "/etc/kubernetes/tracing"
    static let file = "\(directory)/apiserver.yaml"

    /// What the API server's pod needs beyond what kubeadm mounts.
    var apiServerFolders: [HostFolder] {
        [HostFolder(name: "tracing", path: Self.directory)] + certificateFolders(except: "/etc/kubernetes/pki")
    }

    var etcdFolders: [HostFolder] { certificateFolders(except: "/etc/kubernetes/pki/etcd") }

    private func certificateFolders(except mounted: String) -> [HostFolder] {
        guard let directory = certificates?.directory, directory != mounted, !directory.hasPrefix(mounted + "/") else {
            return []
        }
        return [HostFolder(name: "tracing-certificates", path: directory)]
    }

    func addStaticPods(to plan: inout SetupPlan) {
        addConfigurationFile(Self.file, to: &plan)
        plan.add(
            "/etc/kubernetes/manifests/kube-apiserver.yaml: add; the kubelet restarts the pod.",
            "Keep backups outside of this folder: the kubelet runs every file in it.",
            "On the node, faultline setup --from /etc/kubernetes/manifests --diff prints it as a patch.",
            content: pod("kube-apiserver", apiServerFlags(file: Self.file), apiServerFolders))
        plan.add(
            "/etc/kubernetes/manifests/etcd.yaml: add. Name each of several members in its spans with",
            "--\(etcdInstanceFlag)=NODE",
            content: pod("etcd", etcdFlags(instance: nil), etcdFolders))
        addKubelet(to: &plan)
    }

    private func pod(_ name: String, _ flags: [Setting], _ folders: [HostFolder]) -> YAMLValue {
        var container: [(String, YAMLValue)] = [
            ("name", .text(name)), ("command", .list(flags.map { "--\($0.name)=\($0.value)" })),
        ]
        if let environment = certificates?.environment { container.append(("env", environment.named)) }
        guard !folders.isEmpty else { return ["spec": ["containers": [.map(container)]]] }
        let mounts = folders.map {
            ["mountPath": .text($0.path), "name": .text($0.name), "readOnly": true] as YAMLValue
        }
        let volumes = folders.map {
            ["hostPath": ["path": .text($0.path), "type": "Directory"], "name": .text($0.name)] as YAMLValue
        }
        container.append(("volumeMounts", .list(mounts)))
        return ["spec": ["containers": [.map(container)], "volumes": .list(volumes)]]
    }

    func addKubelet(to plan: inout SetupPlan) {
        guard let kubeletConfiguration else { return }
        var comments = [
            "Optional, the kubelet's spans. /var/lib/kubelet/config.yaml on each node: merge, restart the kubelet."
        ]
        if let certificates {
            comments += [
                "The kubelet too takes certificates from its environment, and speaks plaintext to a TLS port without them.",
                "systemctl edit kubelet: add, with the files on every node",
                "[Service]",
            ]
            comments += certificates.environment.map { "Environment=\($0.name)=\($0.value)" }
        }
        plan.steps.append(SetupPlan.Step(comments: comments, content: kubeletConfiguration))
    }
}
