internal import Support
import YAML

/// A distribution that writes the static pods' manifests itself, so that changes to them don't last.
enum ManifestOwner: String {
    case rke2, k3s, talos

    init?(_ pod: StaticPod) {
        let image = pod.container["image"]?.text ?? ""
        if image.contains("rancher/hardened-") || image.contains("-rke2r") {
            self = .rke2
        } else if pod.annotations.contains(where: { $0.hasPrefix("talos.dev/") }) {
            self = .talos
        } else {
            self.init(directory: SetupFile.folder(of: pod.path))
        }
    }

    /// By the place of the manifests. k3s' has only those of others: its components are no pods.
    init?(directory: String) {
        let path = (FilePath.resolved(directory) ?? directory) + "/"
        if path.contains("/rancher/rke2/") {
            self = .rke2
        } else if path.contains("/rancher/k3s/") {
            self = .k3s
        } else if FilePattern.isFile("\(directory)/talos-kube-apiserver.yaml") {
            self = .talos
        } else {
            return nil
        }
    }

    private var name: String {
        switch self {
        case .rke2: "RKE2"
        case .k3s: "k3s"
        case .talos: "Talos"
        }
    }

    func refusal(_ place: String, release: Release? = nil) -> SetupError {
        let number = release.map { "\($0.major).\($0.minor)" } ?? "RELEASE"
        let why =
            self == .k3s
            ? "k3s runs its components without manifests" : "\(name) writes its manifests again whenever it starts"
        return SetupError(
            "\(place): \(why), so a change here wouldn't last; what does: faultline setup --kubernetes \(number) --on "
                + "\(rawValue)")
    }

    func refusal(_ pod: StaticPod) -> SetupError {
        let error = refusal(pod.path, release: pod.imageTag.flatMap(Release.init))
        return SetupError("\(error); if these manifests are your own, add --on manifests to --from")
    }

    /// Whether this machine's kubelet runs the manifests in a folder.
    static func runsHere(_ directory: String) -> Bool {
        let file = "/var/lib/kubelet/config.yaml"
        var diagnostics = Diagnostics(file: file)
        let configured = (try? SetupFile.read(file)).flatMap {
            YAMLDocument([UInt8]($0.utf8), &diagnostics)?.root?["staticPodPath"]?.text
        }
        let folder = FilePath.resolved(directory) ?? directory
        let own = configured ?? "/etc/kubernetes/manifests"
        return folder == FilePath.resolved(own) ?? own
    }

    /// kubeadm writes the manifests from the cluster's configuration, which knows nothing of changes to them.
    static func kubeadmNote(_ pods: [StaticPod], _ directory: String, _ request: TracingRequest) -> String? {
        guard pods.contains(where: { $0.annotations.contains { $0.hasPrefix("kubeadm.kubernetes.io/") } }),
            pods.allSatisfy({ minikubeNote($0) == nil })
        else { return nil }
        return
            "\(directory): kubeadm upgrade writes these manifests again, without the changes; to keep them, merge into "
            + "kubeadm's configuration what faultline setup --kubernetes \(request.kubernetes) --etcd \(request.etcd) --on kubeadm "
            + "prints, or run setup --from again after each upgrade"
    }

    /// minikube has kubeadm write the manifests whenever the cluster starts.
    static func minikubeNote(_ pod: StaticPod) -> String? {
        guard pod.command.contains(where: { $0.text?.contains("=/var/lib/minikube/") == true }) else { return nil }
        return "\(pod.path): minikube start writes this again; what lasts: faultline setup --on minikube"
    }
}
