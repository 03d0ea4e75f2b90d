internal import Support
import YAML

/// The TracingConfiguration that a node has already.
struct PresentTracing {
    private let path: String
    private let apiVersion: String?
    let endpoint: String?
    let samplingRatePerMillion: Int?

    /// - Throws: `Diagnostics` of a text that isn't YAML, `SetupError` of another kind of file.
    init(_ text: String, path: String) throws {
        self.path = path
        var diagnostics = Diagnostics(file: path)
        let root = YAMLDocument([UInt8](text.utf8), &diagnostics)?.root
        guard diagnostics.isEmpty else { throw diagnostics }
        guard let root, root["kind"]?.text == "TracingConfiguration" else {
            throw SetupError("\(path): must be a TracingConfiguration, since that is where the API server looks for it")
        }
        apiVersion = root["apiVersion"]?.text
        endpoint = root["endpoint"]?.text
        samplingRatePerMillion = root["samplingRatePerMillion"]?.text.flatMap(Int.init)
    }

    /// Whether there is nothing to change.
    func says(_ request: TracingRequest) -> Bool {
        apiVersion == request.tracingVersion && endpoint == request.endpoint.description
            && samplingRatePerMillion == request.samplingRatePerMillion
    }

    /// What changes for whoever reads the spans now.
    func changes(to request: TracingRequest) -> [String] {
        var changes: [String] = []
        // Without one, the API server sends here.
        let old = endpoint ?? "localhost:4317"
        if old != request.endpoint.description {
            changes.append("\(path): kube-apiserver's spans go to \(request.endpoint), no longer to \(old)")
        }
        let rate = samplingRatePerMillion ?? 0
        if rate != request.samplingRatePerMillion {
            changes.append("\(path): samplingRatePerMillion was \(rate); it becomes \(request.samplingRatePerMillion)")
        }
        return changes
    }
}

/// etcd's flags for tracing, in a manifest that may have some already.
struct EtcdTracing {
    private let request: TracingRequest
    private static let names = [
        "enable-distributed-tracing", "distributed-tracing-address", "distributed-tracing-service-name",
        "distributed-tracing-instance-id", "distributed-tracing-sampling-rate",
    ]

    init(_ request: TracingRequest) { self.request = request }

    /// Where etcd sends its spans now.
    static func address(_ pod: StaticPod) -> String? {
        pod.value(of: names[1]) ?? pod.value(of: "experimental-\(names[1])")
    }

    /// - Returns: what whoever makes the changes should know.
    func apply(to pod: inout StaticPod) throws(SetupError) -> [String] {
        var notes: [String] = []
        let old = Self.address(pod)
        if let old, old != request.endpoint.description {
            notes.append("\(pod.path): etcd's spans go to \(request.endpoint), no longer to \(old)")
        }
        let prefix = request.etcdPrefix
        for name in Self.names {
            try pod.rename("\(prefix.isEmpty ? "experimental-" : "")\(name)", to: "\(prefix)\(name)")
        }
        let rate = "\(prefix)distributed-tracing-sampling-rate"
        if let value = pod.value(of: rate), value != "0" {
            notes.append(
                "\(pod.path): --\(rate)=\(value) stays, and adds traces without a request of the API server; without it, "
                    + "etcd traces what the API server does")
        }
        for flag in request.etcdFlags(instance: pod.value(of: request.etcdInstanceFlag) ?? pod.value(of: "name")) {
            try pod.set(flag)
        }
        return notes
    }
}
