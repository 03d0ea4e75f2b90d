internal import Support
import YAML

/// etcd's own configuration file. An etcd that has one ignores its other flags, so that tracing must be set up there.
struct EtcdConfigurationFile {
    private let manifest: String
    /// The file as the host sees it.
    private let path: String
    private let root: YAMLNode?

    /// - Returns: nil if etcd is configured by flags.
    /// - Throws: `Diagnostics` for a file that isn't YAML.
    init?(of pod: StaticPod) throws {
        // As etcd: the variable counts without the flag.
        let flag = pod.value(of: "config-file") ?? ""
        guard let file = flag.isEmpty ? pod.variable("ETCD_CONFIG_FILE") : flag, !file.isEmpty else { return nil }
        manifest = pod.path
        let host = try? pod.hostPath(of: file)
        path = host ?? file
        guard let host, FilePattern.isFile(host), let text = try? SetupFile.read(host) else {
            root = nil
            return
        }
        var diagnostics = Diagnostics(file: path)
        root = YAMLDocument([UInt8](text.utf8), &diagnostics)?.root
        guard diagnostics.isEmpty else { throw diagnostics }
    }

    /// Where etcd sends its spans now, if the file can be read.
    var address: String? { EtcdTracing.address { root?[$0]?.text } }

    /// What is missing for etcd to send its spans; nil if it does.
    func gap(_ request: TracingRequest) -> String? {
        let name = root?[request.etcdInstanceFlag]?.text ?? root?["name"]?.text
        let service = "\(request.etcdPrefix)distributed-tracing-service-name"
        // The flag's default doesn't hold for the file: without a name the spans are nobody's.
        let named = root?[service]?.text.map { Setting(service, $0) } ?? Setting(service, "etcd")
        let lines = (request.etcdFlags(instance: name) + [named]).filter { root?[$0.name]?.text != $0.value }
        guard !lines.isEmpty else { return nil }
        let found = root == nil ? "which can't be read here, " : ""
        return "\(manifest): etcd reads only its configuration file \(path), \(found)and ignores other flags and ETCD_ "
            + "variables; set in that file, and restart etcd:"
            + lines.map { "\n  \($0.name): \($0.value)" }.joined()
    }
}
