import YAML

/// A folder or file of the host that a pod must see.
struct HostFolder {
    let name: String
    let path: String
    var isFile = false

    /// An element of the container's `volumeMounts`.
    var mount: YAMLValue { ["mountPath": .text(path), "name": .text(name), "readOnly": true] }
    /// An element of the pod's `volumes`.
    var volume: YAMLValue {
        ["hostPath": ["path": .text(path), "type": isFile ? "File" : "Directory"], "name": .text(name)]
    }
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

    /// What a pod's manifest has besides, its container's flags, mounts and variables.
    func pod(_ name: String, _ flags: [Setting], _ folders: [HostFolder]) -> YAMLValue {
        var container: [(String, YAMLValue)] = [("name", .text(name))]
        if !flags.isEmpty { container.append(("command", .list(flags.map { "--\($0.name)=\($0.value)" }))) }
        if !environment.isEmpty { container.append(("env", environment.named)) }
        guard !folders.isEmpty else { return ["spec": ["containers": [.map(container)]]] }
        container.append(("volumeMounts", .list(folders.map(\.mount))))
        return ["spec": ["containers": [.map(container)], "volumes": .list(folders.map(\.volume))]]
    }

    /// - Parameter place: what has the kubelet's configuration, and what to do with it.
    func addKubelet(
        _ place: String = "/var/lib/kubelet/config.yaml on each node: merge, restart the kubelet.",
        to plan: inout SetupPlan
    ) {
        guard let kubeletConfiguration else { return }
        var comments = kubeletComments(place)
        if !environment.isEmpty {
            comments += [
                "systemctl edit kubelet: add\(certificates == nil ? "" : ", with the files on every node")",
                "[Service]",
            ]
            // A percent sign is written twice in a unit.
            comments += environment.map { "Environment=\($0.name)=\($0.value.replacing("%", with: "%%"))" }
        }
        plan.steps.append(SetupPlan.Step(comments: comments, content: kubeletConfiguration))
    }

    func kubeletComments(_ place: String) -> [String] {
        var comments = ["Optional, the kubelet's spans. \(place)"]
        if certificates != nil {
            comments.append(
                "The kubelet too takes certificates from its environment, and speaks plaintext to a TLS port without them."
            )
        }
        if cluster != nil { comments.append("The kubelet too takes the cluster's name from its environment.") }
        return comments
    }
}
