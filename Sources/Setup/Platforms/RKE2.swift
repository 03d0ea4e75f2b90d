import YAML

// RKE2 and k3s: one configuration file, whose lists are arguments of the components.
extension TracingRequest {
    func addRKE2(to plan: inout SetupPlan) {
        let directory = "/etc/rancher/rke2/tracing"
        let file = "\(directory)/apiserver.yaml"
        addConfigurationFile(file, to: &plan)
        let mounts = ([directory] + [certificates?.directory].compactMap { $0 }).map { "\($0):\($0):ro" as YAMLValue }
        var content: YAMLValue = [
            "kube-apiserver-arg": apiServerFlags(file: file).pairs, "kube-apiserver-extra-mount": .list(mounts),
            "etcd-arg": etcdFlags(instance: nil).pairs,
        ]
        if !environment.isEmpty {
            content = content.with([
                ("kube-apiserver-extra-env", environment.pairs), ("etcd-extra-env", environment.pairs),
            ])
        }
        if certificates != nil { content = content.with([("etcd-extra-mount", .list([mounts[1]]))]) }
        plan.add(
            "/etc/rancher/rke2/config.yaml on every server: merge, then systemctl restart rke2-server.",
            content: content)
        noteInstances("etcd-arg", to: &plan)
        addRanchersKubelet("/etc/rancher/rke2", environment: "/etc/default/rke2-server (agents: rke2-agent)", to: &plan)
    }

    func addK3s(to plan: inout SetupPlan) {
        let tracing = "/etc/rancher/k3s/tracing.yaml"
        addConfigurationFile(tracing, to: &plan)
        plan.add(
            "/etc/rancher/k3s/config.yaml on every server: merge, then systemctl restart k3s.",
            "etcd-arg works only with embedded etcd (cluster-init): other databases send no spans.",
            content: [
                "kube-apiserver-arg": apiServerFlags(file: tracing).pairs, "etcd-arg": etcdFlags(instance: nil).pairs,
            ])
        noteInstances("etcd-arg", to: &plan)
        let file = "/etc/systemd/system/k3s.service.env"
        if !environment.isEmpty {
            plan.steps.append(
                SetupPlan.Step(
                    comments: ["\(file): add (API server and etcd are one process)"]
                        + environment.map { "\($0.name)=\($0.value)" },
                    content: nil))
        }
        addRanchersKubelet("/etc/rancher/k3s", environment: "\(file) (agents: k3s-agent.service.env)", to: &plan)
    }

    /// - Parameters:
    ///   - folder: of the configuration.
    ///   - file: has the environment variables of the service that runs the kubelet.
    private func addRanchersKubelet(_ folder: String, environment file: String, to plan: inout SetupPlan) {
        guard let kubeletConfiguration else { return }
        var comments = kubeletComments("\(folder)/kubelet-tracing.yaml on every node:")
        comments.append("In \(folder)/config.yaml there, add to kubelet-arg: config=\(folder)/kubelet-tracing.yaml")
        if !environment.isEmpty {
            comments.append("In \(file):")
            comments += environment.map { "\($0.name)=\($0.value)" }
        }
        plan.steps.append(SetupPlan.Step(comments: comments, content: kubeletConfiguration))
    }

    /// - Parameter list: where the platform's configuration has etcd's arguments.
    func noteInstances(_ list: String, to plan: inout SetupPlan) {
        plan.add(
            "Name each of several etcd members in its spans: on each server, add to \(list)",
            "\(etcdInstanceFlag)=NODE")
    }
}
