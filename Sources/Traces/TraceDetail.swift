package import Engine
import OTLP

/// A trace as it is shown: its spans from the columns, where the time went, and what the spans carried.
package struct TraceDetail: Sendable {
    package let id: TraceID
    /// In order of start.
    package let spans: [SpanRow]
    /// By the spans' operation numbers.
    package let operations: [OperationLabels]
    /// By the spans' request numbers less one.
    package let requests: [RequestLabels]
    package let timeline: TraceTimeline
    /// By span id, as far as its body is kept.
    package let carried: [UInt64: WholeTrace.Span]

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
        if carried.count > known.spans.count { known = Self.decode(message, id, services) ?? known }
        guard !known.spans.isEmpty else { return nil }
        self.id = id
        (spans, operations, requests) = known
        timeline = TraceTimeline(known.spans, known.operations, components)
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
