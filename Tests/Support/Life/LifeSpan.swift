package import Engine

/// A span of a simulated control plane, with the attributes of real ones.
package struct LifeSpan: Sendable {
    package struct HTTP: Sendable {
        package var method: String
        package var path: String
        package var query: String
        package var status: Int
        package var userAgent: String

        /// As in `http.target`.
        package var target: String { query.isEmpty ? path : path + "?" + query }
    }

    package var service: String
    package var name: String
    package var kind: SpanKind
    package var trace: UInt64
    package var id: UInt64
    /// 0 for a root.
    package var parent: UInt64
    /// Unix nanoseconds.
    package var start: Int64
    package var end: Int64
    package var isError = false
    package var http: HTTP?
    /// Of gRPC calls: `OK`, `Canceled`, …
    package var rpcStatus: String?
    package var texts: [(key: String, value: String)] = []
}

extension LifeSpan {
    /// The span in OTLP.
    package var example: WireSpanExample {
        var example = WireSpanExample()
        example.traceID = Self.bytes(1) + Self.bytes(trace)
        example.spanID = Self.bytes(id)
        example.parentID = parent == 0 ? [] : Self.bytes(parent)
        example.name = Array(name.utf8)
        example.kind = UInt64(kind.rawValue)
        example.start = UInt64(start)
        example.end = UInt64(end)
        example.status = isError ? 2 : 0
        example.texts = texts
        if let http {
            example.texts += [
                ("server.address", "127.0.0.1"), ("http.request.method", http.method), ("url.scheme", "https"),
                ("user_agent.original", http.userAgent), ("url.path", http.path), ("http.target", http.target),
            ]
            example.integers += [("server.port", 6443), ("http.response.status_code", UInt64(http.status))]
        }
        if let rpcStatus {
            example.texts += [
                ("rpc.method", name), ("rpc.system.name", "grpc"), ("server.address", "127.0.0.1"),
                ("rpc.response.status_code", rpcStatus),
            ]
            example.integers.append(("server.port", 2379))
        }
        return example
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }

    /// Adds the span to a batch, as the decoder would.
    package func append(to batch: inout SpanBatch) {
        let source = Self.withBytes(service) {
            batch.source(cluster: RawSpan(), service: $0, instance: RawSpan())
        }
        let service = Self.withBytes(service) { batch.service($0) }
        let operation = Self.withBytes(name) { batch.operation(service: service, name: $0, kind: kind) }
        var (request, isLongRunning) = (UInt16(0), false)
        if let http, kind == .server {
            (request, isLongRunning) = Self.withBytes(http.method) { method in
                Self.withBytes(http.target) { target in
                    let query = RequestQuery(target: target, query: RawSpan())
                    let parsed = APIServerRequest.parse(method: method, target: target, query: query)
                    return (batch.request(parsed, in: target, of: nil, query: query), parsed.isLongRunning)
                }
            }
        }
        batch.append(
            SpanRow(
                traceHigh: 1, traceLow: trace, spanID: id, parentID: parent, start: start, duration: end - start,
                operation: operation, request: request, source: source,
                flags: SpanFlags(isError: isError, isLongRunning: isLongRunning)))
    }

    private static func withBytes<Result>(_ text: String, _ body: (RawSpan) -> Result) -> Result {
        let bytes = Array(text.utf8)
        return unsafe body(bytes.span.bytes)
    }
}
