import Engine
import OTLP
import TestSupport
import Traces

/// Cuts single traces out of an export request: each has the spans that libprotobuf-c finds in the request, and whatever
/// attributes they carry, they can be shown.
package enum TraceCheck {
    /// Traces of a request that are looked at one by one.
    private static let tracesMax = 4
    private static let depthMax = 100

    package static func check(_ body: RawSpan) throws(Finding) {
        let shape = WireShape(body)
        var batch = SpanBatch(capacity: 1)
        do throws(DecodeError) {
            try SpanDecoder().decode(body, into: &batch)
        } catch {
            return try checkRefused(body)
        }
        guard shape.valueDepth <= depthMax, let spans = ReferenceDecoder.decode(body.array) else { return }
        let all = traces(of: spans)
        for trace in all.prefix(tracesMax) { try check([trace], body, spans) }
        try check(all, body, spans)
        let bodies = RecentBodies(limit: 1 << 24)
        bodies.keep(body, batch, arrival: 1)
        let accepted = traces(of: spans.filter(\.isAcceptable))
        for trace in accepted.prefix(tracesMax) { try checkShown(trace, WholeTraces(bodies), body) }
    }

    /// No export request that is kept is malformed, but neither is it a reason to crash.
    private static func checkRefused(_ body: RawSpan) throws(Finding) {
        var extract = TraceExtract([TraceID(high: 0, low: 0), TraceID(high: 1, low: 1)])
        try? extract.add(body)
        _ = extract.message()
    }

    // MARK: The spans

    private static func check(_ traces: [TraceID], _ body: RawSpan, _ spans: [ReferenceSpan]) throws(Finding) {
        var extract = TraceExtract(traces)
        for _ in 0..<2 {
            do throws(DecodeError) {
                try extract.add(body)
            } catch {
                throw Finding("taken by the decoder, but no trace can be cut out of it: \(error)")
            }
        }
        let wanted = unique(spans.filter { span in id(of: span).map(traces.contains) ?? false })
        for mergesScopes in [false, true] {
            let message = extract.message(mergesScopes: mergesScopes)
            guard let found = ReferenceDecoder.decode(message) else {
                throw Finding("libprotobuf-c refuses what was cut out")
            }
            try require(found.count == wanted.count, "\(found.count) spans of \(traces), not \(wanted.count)")
            try require(sorted(found) == sorted(wanted), "other spans of \(traces): \(found), not \(wanted)")
        }
    }

    /// The first of the spans with one id of a trace: exporters may send a span twice.
    private static func unique(_ spans: [ReferenceSpan]) -> [ReferenceSpan] {
        var ids: Set<[UInt8]> = []
        return spans.filter { $0.spanID.count == 8 && ids.insert($0.traceID + $0.spanID).inserted }
    }

    private static func sorted(_ spans: [ReferenceSpan]) -> [ReferenceSpan] {
        spans.sorted { ($0.traceID + $0.spanID).lexicographicallyPrecedes($1.traceID + $1.spanID) }
    }

    private static func traces(of spans: [ReferenceSpan]) -> [TraceID] {
        var known: Set<TraceID> = []
        return spans.compactMap(id).filter { known.insert($0).inserted }
    }

    private static func id(of span: ReferenceSpan) -> TraceID? {
        guard span.traceID.count == 16 else { return nil }
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        return TraceID(high: number(span.traceID[0..<8]), low: number(span.traceID[8..<16]))
    }

    // MARK: What is shown

    private static func checkShown(_ trace: TraceID, _ whole: WholeTraces, _ body: RawSpan) throws(Finding) {
        let (message, merged) = (whole.message(of: [trace]), whole.message(of: [trace], mergesScopes: true))
        try require(WholeTraceFormat.otlp(message) != nil, "\(trace) has no text in OTLP's JSON")
        try require(WholeTraceFormat.otlp(merged) != nil, "\(trace) has none with its scopes merged")
        try require(WholeTraceFormat.jaeger(message) != nil, "\(trace) has no text in Jaeger's JSON")
        try require(whole.traces([trace]).count == 1, "\(trace) isn't found")
        guard
            let detail = TraceDetail(trace, message: message, services: .usual, components: ComponentTable())
        else { throw Finding("\(trace) has no detail") }
        var accepted = SpanBatch(capacity: 1)
        try? unsafe SpanDecoder().decode(message.span.bytes, into: &accepted)
        try require(
            detail.spans.count == accepted.count, "\(detail.spans.count) spans in detail, not \(accepted.count)")
        for request in detail.timeline.requests { try checkParts(of: request) }
    }

    private static func checkParts(of request: TraceTimeline.Request) throws(Finding) {
        var last = request.start
        for part in request.parts {
            try require(part.start == last && part.end > last, "a gap or an overlap before \(part)")
            last = part.end
        }
        try require(last == request.end, "the parts end at \(last), the request at \(request.end)")
    }
}
