/// etcd's flags for tracing, in a manifest that may have some already.
struct EtcdTracing {
    private let request: TracingRequest
    private static let names = [
        "enable-distributed-tracing", "distributed-tracing-address", "distributed-tracing-service-name",
        "distributed-tracing-instance-id", "distributed-tracing-sampling-rate",
    ]

    init(_ request: TracingRequest) { self.request = request }

    /// Where etcd sends its spans now.
    /// - Parameter value: the value of a flag.
    static func address(_ value: (String) -> String?) -> String? {
        value(names[1]) ?? value("experimental-\(names[1])")
    }

    /// - Returns: what the user who makes the changes should know.
    func apply(to pod: inout StaticPod) throws(SetupError) -> [String] {
        var notes: [String] = []
        let old = Self.address(pod.value)
        if let old, old != request.endpoint.description {
            notes.append("\(pod.path): etcd's spans go to \(request.endpoint), no longer to \(old)")
        }
        if let ownSampling = request.etcdsOwnSampling { notes.append("\(pod.path): \(ownSampling)") }
        let prefix = request.etcdPrefix
        for name in Self.names {
            let (other, name) = ("\(prefix.isEmpty ? "experimental-" : "")\(name)", "\(prefix)\(name)")
            guard try pod.rename(other, to: name) else { continue }
            notes.append("\(pod.path): --\(other) becomes --\(name), as etcd \(request.etcd) spells it")
        }
        let service = "\(prefix)distributed-tracing-service-name"
        if let name = pod.value(of: service), !name.hasPrefix("etcd") {
            notes.append(
                "\(pod.path): --\(service)=\(name) stays; for Faultline to know it as etcd, its configuration needs "
                    + "services: {etcd: [etcd*, \(name)]}")
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
