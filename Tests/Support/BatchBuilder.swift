package import Engine

/// Builds batches of spans for tests of the engine, without any wire format.
package struct BatchBuilder: ~Copyable {
    package var batch = SpanBatch()
    private var nextID: UInt64

    /// - Parameter firstID: the id of the first span added without one.
    package init(firstID: UInt64 = 1) {
        nextID = firstID
    }

    /// Adds a span with the given id, or with the next free one.
    package mutating func add(
        service: String = "apiserver", operation: String = "Get", kind: SpanKind = .internal, end: Int64,
        duration: Int64 = 1_000_000, isError: Bool = false, message: String = "", id: UInt64? = nil,
        cluster: String = "", instance: String = ""
    ) {
        let serviceBytes = Array(service.utf8)
        let operationBytes = Array(operation.utf8)
        let clusterBytes = Array(cluster.utf8)
        let clusterNumber = unsafe batch.cluster(clusterBytes.span.bytes)
        let serviceNumber = unsafe batch.service(serviceBytes.span.bytes, cluster: clusterNumber)
        let number = unsafe batch.operation(service: serviceNumber, name: operationBytes.span.bytes, kind: kind)
        let messageBytes = Array(message.utf8)
        var flags = SpanFlags(isError: isError)
        flags.message = unsafe batch.message(messageBytes.span.bytes)
        append(
            operation: number, request: 0, source: source(cluster, service, instance), end: end, duration: duration,
            flags: flags, id: id)
    }

    /// Adds a SERVER span of the API server.
    package mutating func addRequest(
        method: String, target: String, end: Int64, duration: Int64 = 1_000_000, isError: Bool = false
    ) {
        let methodBytes = Array(method.utf8)
        let targetBytes = Array(target.utf8)
        let serviceBytes = Array("apiserver".utf8)
        let query = unsafe RequestQuery(target: targetBytes.span.bytes, query: RawSpan())
        let parsed = unsafe APIServerRequest.parse(
            method: methodBytes.span.bytes, target: targetBytes.span.bytes, query: query)
        let request = unsafe batch.request(parsed, in: targetBytes.span.bytes, of: nil, query: query)
        let serviceNumber = unsafe batch.service(serviceBytes.span.bytes)
        let number = unsafe batch.operation(
            service: serviceNumber, name: methodBytes.span.bytes, kind: .server)
        let flags = SpanFlags(isError: isError, isLongRunning: parsed.isLongRunning)
        append(
            operation: number, request: request, source: source("", "apiserver", ""), end: end, duration: duration,
            flags: flags, id: nil)
    }

    private mutating func source(_ cluster: String, _ service: String, _ instance: String) -> UInt16 {
        let (cluster, service, instance) = (Array(cluster.utf8), Array(service.utf8), Array(instance.utf8))
        return unsafe batch.source(
            cluster: cluster.span.bytes, service: service.span.bytes, instance: instance.span.bytes)
    }

    private mutating func append(
        operation: UInt16, request: UInt16, source: UInt16, end: Int64, duration: Int64, flags: SpanFlags, id: UInt64?
    ) {
        let spanID = id ?? nextID
        nextID += 1
        batch.append(
            SpanRow(
                traceHigh: 1, traceLow: spanID, spanID: spanID, parentID: 0, start: end - duration,
                duration: duration, operation: operation, request: request, source: source, flags: flags))
    }
}
