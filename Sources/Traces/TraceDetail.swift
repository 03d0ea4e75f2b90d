package import Engine
import OTLP

/// A trace as it is shown: its spans from the columns, where the time went, and what the spans carried.
package struct TraceDetail: Sendable {
    package let id: TraceID
    /// In order of start. Authentications of other traces that were tied to its requests are among them.
    package private(set) var spans: [SpanRow]
    /// By the spans' operation numbers.
    package private(set) var operations: [OperationLabels]
    /// By the spans' request numbers less one.
    package let requests: [RequestLabels]
    package private(set) var timeline: TraceTimeline
    /// By span id, as far as its body is kept.
    package private(set) var carried: [UInt64: WholeTrace.Span]

    package typealias Named = (spans: [SpanRow], operations: [OperationLabels], requests: [RequestLabels])

    /// - Parameters:
    ///   - known: the window's spans of the trace, with the names they refer to.
    ///   - services: which services have which role.
    /// - Returns: nil if neither the window nor a body holds any of its spans.
    package init?(
        _ id: TraceID, known: Named = ([], [], []), message: [UInt8], services: ServiceNames,
        components: ComponentTable
    ) {
        let carried = WholeTrace.traces(in: message, order: [id]).first?.spans ?? []
        self.carried = Dictionary(carried.map { ($0.spanID, $0) }) { first, _ in first }
        var known = known
        if carried.count > known.spans.count {
            known = Self.decode(message, id, services) ?? known
        } else if known.operations.contains(.other) || known.requests.contains(.other) {
            Self.decode(message, id, services).map { Self.name(&known, as: $0) }
        }
        guard !known.spans.isEmpty else { return nil }
        self.id = id
        (spans, operations, requests) = known
        timeline = TraceTimeline(known.spans, known.operations, components)
    }

    /// The SERVER spans of requests that begin with them: their authentication may be a trace of its own.
    package var unauthenticated: [SpanRow] {
        timeline.requests.filter { $0.start == spans[$0.span].start }.map { spans[$0.span] }
    }

    /// Lets requests begin with the authentications that were tied to them.
    ///
    /// - Parameter message: the spans of these authentications' traces.
    package mutating func add(_ tied: [TiedAuthentication], message: [UInt8], _ components: ComponentTable) {
        let known = Set(spans.map(\.spanID))
        let tied = tied.filter { !known.contains($0.span.spanID) }
        guard !tied.isEmpty else { return }
        for whole in WholeTrace.traces(in: message, order: tied.map(\.trace)) {
            for span in whole.spans where !known.contains(span.spanID) { carried[span.spanID] = span }
        }
        for authentication in tied {
            var span = authentication.span
            span.operation = UInt16(truncatingIfNeeded: operations.count)
            operations.append(authentication.labels)
            spans.append(span)
        }
        spans.sort { ($0.start, $1.duration, $0.spanID) < ($1.start, $0.duration, $1.spanID) }
        let indices = Dictionary(spans.indices.map { (spans[$0].spanID, $0) }) { first, _ in first }
        let pairs = tied.compactMap { one in
            indices[one.request].flatMap { request in indices[one.span.spanID].map { (request, $0) } }
        }
        timeline = TraceTimeline(
            spans, operations, components, tied: Dictionary(pairs) { first, _ in first })
    }

    /// The clusters of its spans; empty where they name none.
    package var clusters: Set<String> { Set(spans.map { operations[Int($0.operation)].cluster }) }

    /// Whether a span belongs to another trace.
    package func isForeign(_ span: SpanRow) -> Bool { (span.traceHigh, span.traceLow) != (id.high, id.low) }

    /// Gives the spans that the window had no names for those that they carry.
    private static func name(_ known: inout Named, as carried: Named) {
        let named = Dictionary(carried.spans.map { ($0.spanID, $0) }) { first, _ in first }
        let (operations, requests) = (known.operations.count, known.requests.count)
        known.operations += carried.operations
        known.requests += carried.requests
        for index in known.spans.indices {
            guard let own = named[known.spans[index].spanID] else { continue }
            if known.operations[Int(known.spans[index].operation)] == .other {
                known.spans[index].operation = UInt16(truncatingIfNeeded: operations + Int(own.operation))
            }
            let request = Int(known.spans[index].request)
            if request > 0, own.request > 0, known.requests[request - 1] == .other {
                known.spans[index].request = UInt16(truncatingIfNeeded: requests + Int(own.request))
            }
        }
    }

    /// The spans of a message as the window would have them.
    private static func decode(_ message: [UInt8], _ id: TraceID, _ services: ServiceNames) -> Named? {
        var batch = SpanBatch()
        do {
            try unsafe SpanDecoder(services: services).decode(message.span.bytes, into: &batch)
        } catch {
            return nil
        }
        var limits = WindowLimits()
        limits.services = services
        // However old the trace is.
        limits.duration = nil
        var window = Window(limits: limits)
        let last = (0..<batch.count).map { batch.end($0) }.max() ?? 0
        _ = window.append(batch, arrival: last, evaluatedUpTo: .min)
        let view = window.view()
        return (view.spans(of: [id])[0], view.operations, view.requests)
    }
}
