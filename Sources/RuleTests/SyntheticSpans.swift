import Engine

/// Creates the spans that the lines of a rule test describe, second by second, the same in every run.
struct SyntheticSpans {
    /// 2026-01-01T00:00:00Z, when every test starts: a multiple of every interval that groups usually have.
    static let start: Int64 = 1_767_225_600_000_000_000

    private struct Stream {
        let operation: SyntheticOperation
        var next = 0
    }

    private var streams: [Stream]
    private var nextID: UInt64 = 1

    init(_ operations: [SyntheticOperation]) {
        streams = operations.map { Stream(operation: $0) }
    }

    /// When the last span ends at the latest, in nanoseconds from the start.
    var length: Int64 { streams.map(\.operation.end).max() ?? 0 }

    /// Adds the remaining spans that end before a time, in nanoseconds from the start.
    mutating func append(endingBefore end: Int64, to batch: inout SpanBatch) {
        for index in streams.indices {
            let operation = streams[index].operation
            guard streams[index].next < operation.count, operation.end(of: streams[index].next) < end else { continue }
            let names = Self.names(of: operation, in: &batch)
            let source = Self.withBytes(operation.service) { service in
                Self.withBytes(operation.instance) {
                    batch.source(cluster: RawSpan(), service: service, instance: $0)
                }
            }
            while streams[index].next < operation.count, operation.end(of: streams[index].next) < end {
                let number = streams[index].next
                let duration = operation.duration(number)
                batch.append(
                    SpanRow(
                        traceHigh: 1, traceLow: nextID, spanID: nextID, parentID: 0,
                        start: Self.start + operation.end(of: number) - duration, duration: duration,
                        operation: names.operation, request: names.request, source: source,
                        flags: SpanFlags(isError: operation.isError(number), isLongRunning: names.isLongRunning)))
                nextID += 1
                streams[index].next += 1
            }
        }
    }

    private static func names(
        of operation: SyntheticOperation, in batch: inout SpanBatch
    ) -> (operation: UInt16, request: UInt16, isLongRunning: Bool) {
        let service = withBytes(operation.service) { batch.service($0) }
        switch operation.name {
        case .span(let name, let kind):
            return (withBytes(name) { batch.operation(service: service, name: $0, kind: kind) }, 0, false)
        case .request(let request):
            let name = request.method + " " + request.path
            let number = withBytes(name) { batch.operation(service: service, name: $0, kind: .server) }
            let (parsed, labels) = withBytes(request.method) { method in
                withBytes(request.path) { path in
                    let query = RequestQuery(target: path, query: RawSpan())
                    let parsed = APIServerRequest.parse(method: method, target: path, query: query)
                    return (parsed, batch.request(parsed, in: path, of: nil, query: query))
                }
            }
            return (number, labels, parsed.isLongRunning)
        }
    }

    private static func withBytes<Result>(_ text: String, _ body: (RawSpan) -> Result) -> Result {
        let bytes = Array(text.utf8)
        return unsafe body(bytes.span.bytes)
    }
}
