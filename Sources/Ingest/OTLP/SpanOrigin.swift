import Engine

/// What the spans of one resource have in common.
struct SpanOrigin {
    /// The batch's number of the service name.
    let service: UInt16
    /// Whether SERVER spans of this service are requests to the Kubernetes API server.
    let isAPIServer: Bool

    init(service name: RawSpan, in batch: inout SpanBatch) {
        service = batch.service(name)
        isAPIServer = ASCII.equals(name, "apiserver") || ASCII.equals(name, "kube-apiserver")
    }
}
