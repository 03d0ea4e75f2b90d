internal import Support

/// Files of certificates on the control-plane nodes, named as in a Secret of type kubernetes.io/tls.
package struct ClientCertificates: Sendable {
    private(set) var directory: String
    /// Whether the exporters present a client certificate.
    package var isMutual = true

    package init(directory: String) throws(SetupError) {
        let parts = directory.split(separator: "/").filter { $0 != "." }
        guard directory.hasPrefix("/"), !parts.isEmpty, !parts.contains(".."), directory.utf8.allSatisfy(Self.isPlain)
        else {
            throw SetupError(
                "the directory of certificates \(PrintableText.quote(directory)) must be an absolute path on the nodes without "
                    + "\"..\", of letters, digits, '.', '_', '-', '+' and '@', such as /etc/faultline/tls")
        }
        self.directory = "/" + parts.joined(separator: "/")
        for own in ["/etc/kubernetes/pki", "/etc/kubernetes/pki/etcd"] where own == self.directory {
            throw Self.ownFolder(own, "\(own)/ca.crt")
        }
        if let taken = Self.taken(self.directory) {
            throw SetupError(
                "the directory of certificates \(self.directory) \(taken): it is mounted into the pods and read by both "
                    + "components, so it must be one with nothing else in it, such as /etc/faultline/tls")
        }
    }

    /// Other bytes separate fields of units, command lines or mounts.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "/._-+@".utf8.contains(byte)
    }

    /// Folders of the system or of others. In a container, each has what the image put there.
    private static let others =
        ["bin", "boot", "dev", "home", "lib", "lib32", "lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin"]
        .map { "/\($0)" } + [
            "/srv", "/sys", "/tmp", "/etc/ca-certificates", "/etc/kubernetes/manifests", "/etc/kubernetes/pki/etcd",
            "/etc/kubernetes/tracing", "/etc/pki/tls/certs", "/etc/rancher/k3s", "/etc/rancher/rke2", "/etc/ssl/certs",
            "/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/local/lib", "/usr/local/sbin",
            "/usr/local/share/ca-certificates", "/usr/sbin", "/usr/share/ca-certificates", "/var/etc", "/var/lib/etcd",
            "/var/lib/kubelet", "/var/lib/minikube/certs", "/var/lib/rancher", "/var/log", "/var/run", "/var/tmp",
        ]

    /// What is wrong with a folder, whatever is in it; nil if nothing is.
    private static func taken(_ directory: String) -> String? {
        if others.contains(directory) { return "is not its own" }
        if let other = others.first(where: { $0.hasPrefix(directory + "/") }) { return "contains \(other)" }
        let closed = ["/dev", "/etc/kubernetes/manifests", "/proc", "/sys", "/var/lib/etcd"]
        return closed.first { directory.hasPrefix($0 + "/") }.map { "is in \($0)" }
    }

    static let authorityVariable = "OTEL_EXPORTER_OTLP_CERTIFICATE"

    /// The variable for traces alone. It counts before the one for all signals.
    static func forTraces(_ variable: String) -> String {
        variable.replacing("OTEL_EXPORTER_OTLP_", with: "OTEL_EXPORTER_OTLP_TRACES_", maxReplacements: 1)
    }

    private static func ownFolder(_ directory: String, _ file: String) -> SetupError {
        SetupError(
            "the directory of certificates \(directory) holds the cluster's own, such as \(file), which copies would "
                + "overwrite; it must be one of its own, such as \(directory)/faultline")
    }

    /// Checks the folder against what a component mounts already.
    func refuse(_ pod: StaticPod) throws(SetupError) {
        let flags = ["client-ca-file", "etcd-cafile", "trusted-ca-file", "peer-trusted-ca-file", "cert-file"]
        for file in flags.compactMap({ pod.value(of: $0) }) where SetupFile.folder(of: file) == directory {
            throw Self.ownFolder(directory, file)
        }
        if let mounted = pod.mountPath(within: directory) {
            throw SetupError(
                "\(pod.path): mounts \(mounted), which is in the directory of certificates \(directory); that must be one with "
                    + "nothing else in it, such as /etc/faultline/tls")
        }
        let host = try pod.hostPath(of: directory)
        guard host == directory else {
            throw SetupError(
                "\(pod.path): the container sees the node's \(host) at \(directory); --tls must be a folder whose path is the same "
                    + "on the node and in the container, such as /etc/faultline/tls")
        }
    }

    /// The same files in another folder.
    func moved(to directory: String) -> Self {
        var moved = self
        moved.directory = directory
        return moved
    }

    var fileNames: [String] { isMutual ? ["ca.crt", "tls.crt", "tls.key"] : ["ca.crt"] }

    /// What the exporters of kube-apiserver and etcd read. `https://` in the endpoint changes nothing for them.
    var environment: [Setting] {
        let names = [
            Self.authorityVariable, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY",
        ]
        return zip(names, fileNames).map { Setting($0, "\(directory)/\($1)") }
    }
}
