import Engine

/// What all spans of one resource share.
struct SpanOrigin {
    /// The batch's number for the cluster.
    let cluster: UInt16
    /// The batch's number for the service.
    let service: UInt16
    /// The batch's number for the source.
    let source: UInt16
    /// Whether SERVER spans of this service are requests to the Kubernetes API server.
    let isAPIServer: Bool

    /// - Parameters:
    ///   - bytes: what the ranges of the attributes refer to.
    ///   - services: which services have which role.
    init(
        _ attributes: ResourceAttributes, in bytes: RawSpan, _ services: ServiceNames, _ batch: inout SpanBatch
    ) {
        let name = bytes.extracting(attributes.service)
        cluster = batch.cluster(bytes.extracting(attributes.cluster))
        service = batch.service(name, cluster: cluster)
        source = batch.source(
            cluster: bytes.extracting(attributes.cluster), service: name,
            instance: bytes.extracting(attributes.instance))
        if !attributes.version.isEmpty { batch.note(version: bytes.extracting(attributes.version), of: source) }
        isAPIServer = services.role(of: name) == .apiServer
    }
}

/// The attributes of a resource that say who sends. Each is a range in the body, empty if it is missing or no string; of
/// repeated ones the last counts.
struct ResourceAttributes {
    private(set) var service = 0..<0
    private(set) var cluster = 0..<0
    private(set) var version = 0..<0
    private var instanceID = 0..<0
    private var pod = 0..<0
    private var host = 0..<0

    /// The most precise name of the process that is there.
    var instance: Range<Int> {
        if !instanceID.isEmpty { return instanceID }
        return pod.isEmpty ? host : pod
    }

    mutating func note(_ attribute: Attribute, in bytes: RawSpan) {
        guard case .text(let text) = attribute.value else { return }
        let key = bytes.extracting(attribute.key)
        if ASCII.equals(key, "service.name") {
            service = text
        } else if ASCII.equals(key, "k8s.cluster.name") {
            cluster = text
        } else if ASCII.equals(key, "service.version") {
            version = text
        } else if ASCII.equals(key, "service.instance.id") {
            instanceID = text
        } else if ASCII.equals(key, "k8s.pod.name") {
            pod = text
        } else if ASCII.equals(key, "host.name") {
            host = text
        }
    }
}
