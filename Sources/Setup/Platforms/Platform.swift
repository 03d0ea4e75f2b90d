import YAML

/// How a control plane is run, which decides where its components' command lines come from.
package enum Platform: String, CaseIterable, Sendable {
    case kubeadm, manifests, kind, minikube, rke2, k3s, talos, eks, gke, aks, openshift

    /// - Parameter isEtcdAssumed: nobody has said which release etcd is.
    package func plan(_ request: TracingRequest, isEtcdAssumed: Bool) -> SetupPlan {
        var plan = SetupPlan()
        guard refusal == nil else { return plan }
        if isEtcdAssumed { request.addAssumption(to: &plan) }
        if let ownSampling = request.etcdsOwnSampling { plan.add(ownSampling + ".") }
        if ![.kind, .minikube].contains(self) { request.addCertificates(to: &plan) }
        switch self {
        case .kubeadm: request.addKubeadm(to: &plan)
        case .manifests: request.addStaticPods(to: &plan)
        case .kind: request.addKind(to: &plan)
        case .minikube: request.addMinikube(to: &plan)
        case .rke2: request.addRKE2(to: &plan)
        case .k3s: request.addK3s(to: &plan)
        case .talos: request.addTalos(to: &plan)
        case .eks, .gke, .aks, .openshift: break
        }
        request.addLastStep(on: self, to: &plan)
        return plan
    }

    /// What to say about a control plane whose tracing can't be turned on; nil for the others.
    package var refusal: String? {
        let names = [Platform.eks: "Amazon EKS", .gke: "Google GKE", .aks: "Azure AKS", .openshift: "OpenShift"]
        guard let name = names[self] else { return nil }
        return """
            \(name) has no switch of its own for the tracing of kube-apiserver and etcd: Faultline can't see them there.
            Kubelets that you configure yourself can send spans: add "tracing" to their KubeletConfiguration.
            """
    }
}

extension TracingRequest {
    func addConfigurationFile(_ path: String, to plan: inout SetupPlan) {
        plan.add("\(path), on every control-plane node:", content: tracingConfiguration)
    }

    fileprivate func addAssumption(to plan: inout SetupPlan) {
        plan.add(
            "Check that etcd's release is \(etcd), which usually comes with Kubernetes \(kubernetes): the image's tag, or etcd --version.",
            "etcd doesn't start with another release's flags. --etcd RELEASE prints those of another.")
    }

    fileprivate func addCertificates(to plan: inout SetupPlan) {
        guard let certificates else { return }
        plan.add(
            "\(certificates.directory), on every control-plane node, before the other steps: \(certificates.fileNames.joined(separator: ", "))",
            "A pod whose folder isn't there doesn't start, and without one of the files no spans arrive. This can't be seen",
            "from here; faultline setup --from, on the node, checks the folder.")
    }

    fileprivate func addLastStep(on platform: Platform, to plan: inout SetupPlan) {
        addListener(on: platform, to: &plan)
        let percent = Double(samplingRatePerMillion) / 10_000
        let text = percent == percent.rounded() ? String(Int(percent)) : String(percent)
        let traced =
            samplingRatePerMillion == 0
            ? "No request is traced unless its client asks for it: with --sampling 0, Faultline sees next to nothing."
            : "\(text) % of the requests are traced."
        plan.add(
            "While nothing listens, exporters drop spans; nothing else is affected.",
            "\(traced) To see whether spans arrive, and from which components:", "faultline doctor")
    }

    /// What starts Faultline where the spans go.
    private func addListener(on platform: Platform, to plan: inout SetupPlan) {
        let place = platform == .kind || platform == .minikube ? " in the node" : ""
        let address = endpoint.listener
        if let certificates {
            var tls: [(String, YAMLValue)] = [("cert_file", "server.crt"), ("key_file", "server.key")]
            if certificates.isMutual { tls.append(("client_ca_file", "ca.crt")) }
            plan.add(
                "Faultline's configuration: faultline serve --config faultline.yaml",
                "Beside it: server.crt, signed by the authority in ca.crt and naming \(endpoint.host), and its server.key.",
                content: ["otlp": ["grpc": ["address": .text(address), "tls": .map(tls)]]])
        } else if endpoint.isLoopback {
            plan.add("Faultline must listen at \(endpoint)\(place): faultline serve --otlp-grpc \(address)")
        } else {
            plan.add(
                "Faultline must listen at \(endpoint): faultline serve --otlp-grpc \(address) --insecure-listen",
                "So every machine that reaches it can send spans, unencrypted. --tls DIRECTORY sets up TLS instead.",
                "To take spans only with a token: otlp.grpc.token_file in Faultline's configuration, and for both components",
                "the environment variable OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN")
        }
        if let everywhere = endpoint.listenerBehindService {
            plan.steps[plan.steps.count - 1].comments.append(
                "If \(endpoint.host) is a Service's address, which no machine has, Faultline listens at \(everywhere) instead."
            )
        }
    }
}

/// What to add where: YAML documents with comments that say what to do with each.
package struct SetupPlan: Sendable {
    struct Step: Sendable {
        /// What to do, one comment line each.
        var comments: [String]
        var content: YAMLValue?
    }

    var steps: [Step] = []

    mutating func add(_ comments: String..., content: YAMLValue? = nil) {
        steps.append(Step(comments: comments, content: content))
    }

    /// One YAML stream with a document per step, so that people can paste it and programs can read it.
    package func text() throws -> String {
        var text = ""
        for (index, step) in steps.enumerated() {
            if index > 0 { text += "\n" }
            if step.content != nil { text += "---\n" }
            for (line, comment) in step.comments.enumerated() {
                text += comment.isEmpty ? "#\n" : "# \(line == 0 ? "\(index + 1). " : "   ")\(comment)\n"
            }
            if let content = step.content { text += try content.serialized() }
        }
        return text
    }
}
