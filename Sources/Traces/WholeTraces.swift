package import Archive
package import Engine
import Foundation
import OTLP
import Support

/// Traces with everything that their spans carry, read from recent bodies and from what is kept beyond them.
package struct WholeTraces: Sendable {
    private let bodies: RecentBodies
    private let kept: [KeptTraces]
    /// nil without a recording.
    private let recorded: RecordedTraces?

    package init(_ bodies: RecentBodies, kept: [KeptTraces] = [], recorded: RecordedTraces? = nil) {
        self.bodies = bodies
        self.kept = kept
        self.recorded = recorded
    }

    /// The spans of some traces as an `ExportTraceServiceRequest` on the wire; empty if none are there. A span that was sent
    /// twice is there once.
    package func message(of traces: [TraceID], mergesScopes: Bool = false) -> [UInt8] {
        var extract = TraceExtract(traces)
        for trace in traces {
            for message in kept.compactMap({ $0.message(of: trace) }) { try? unsafe extract.add(message.span.bytes) }
        }
        for body in bodies.bodies(mayHold: traces) {
            // Only bodies that were decoded are kept, so that none throws.
            try? body.withBytes { try extract.add($0) }
        }
        return extract.message(mergesScopes: mergesScopes)
    }

    /// The same of one trace. Where that isn't everything, the recording is read, if there is one.
    ///
    /// - Parameters:
    ///   - known: its spans as far as the window has them.
    ///   - range: when its spans ended if the window has none, Unix nanoseconds; nil if unknown.
    ///   - deadline: for reading the recording.
    /// - Throws: what kept the recording from being read.
    package func message(
        of trace: TraceID, known: [SpanRow], endingIn range: Range<Int64>?, before deadline: ContinuousClock.Instant,
        mergesScopes: Bool = false
    ) throws(RecordedTraces.Failure) -> [UInt8] {
        let recent = message(of: [trace], mergesScopes: mergesScopes)
        var extract = TraceExtract([trace])
        try? unsafe extract.add(recent.span.bytes)
        let found = extract.spanIDs(of: trace)
        guard let recorded, known.isEmpty ? found.isEmpty : !found.isSuperset(of: known.map(\.spanID)) else {
            return recent
        }
        let ends = known.map { $0.start.addingSaturating($0.duration) }
        let knownRange = ends.min().flatMap { first in ends.max().map { first..<$0.addingSaturating(1) } }
        let older = try recorded.message(of: trace, endingIn: knownRange ?? range, before: deadline)
        try? unsafe extract.add(older.span.bytes)
        return extract.message(mergesScopes: mergesScopes)
    }

    /// The same, each trace with its spans; in the order of `traces`, without those of which nothing is kept.
    package func traces(_ traces: [TraceID]) -> [WholeTrace] {
        WholeTrace.traces(in: message(of: traces), order: traces)
    }
}

/// The spans of traces, from an `ExportTraceServiceRequest` on the wire, in formats of other tools; nil if there are none.
package enum WholeTraceFormat {
    /// OTLP's JSON.
    package static func otlp(_ message: [UInt8]) -> String? {
        guard !message.isEmpty, let text = try? unsafe OTLPJSON.text(of: message.span.bytes) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    /// As Jaeger's query API answers.
    package static func jaeger(_ message: [UInt8]) -> String? {
        var export = JaegerExport()
        guard !message.isEmpty, (try? unsafe export.add(message.span.bytes)) != nil, let json = try? export.json()
        else { return nil }
        return String(decoding: json, as: UTF8.self)
    }
}

/// A trace as its spans came.
package struct WholeTrace: Sendable {
    package let id: TraceID
    /// In order of start; each span id once.
    package private(set) var spans: [Span]

    /// A span with its resource and its scope.
    package struct Span: Sendable {
        package var span: OTLPDocument.Span
        package var resource: [OTLPDocument.Attribute]
        package var scope: OTLPDocument.Scope?
        package var spanID: UInt64
        /// Unix nanoseconds.
        package var start: UInt64
        package var end: UInt64

        package var service: String {
            resource.last { $0.key == "service.name" }?.value?.stringValue ?? ""
        }
        package var isError: Bool { span.status?.code == 2 }
    }

    static func traces(in message: [UInt8], order: [TraceID]) -> [WholeTrace] {
        guard let text = try? unsafe OTLPJSON.text(of: message.span.bytes),
            let document = try? JSONDecoder().decode(OTLPDocument.self, from: Data(text))
        else { return [] }
        var spans: [TraceID: [UInt64: Span]] = [:]
        for resourceSpans in document.resourceSpans ?? [] {
            for scopeSpans in resourceSpans.scopeSpans ?? [] {
                for span in scopeSpans.spans ?? [] {
                    guard let trace = TraceID(hex: span.traceId ?? ""),
                        let id = UInt64(span.spanId ?? "", radix: 16)
                    else { continue }
                    let whole = Span(
                        span: span, resource: resourceSpans.resource?.attributes ?? [], scope: scopeSpans.scope,
                        spanID: id, start: UInt64(span.startTimeUnixNano ?? "") ?? 0,
                        end: UInt64(span.endTimeUnixNano ?? "") ?? 0)
                    spans[trace, default: [:]][id] = spans[trace]?[id] ?? whole
                }
            }
        }
        return order.compactMap { id in
            spans[id].map { found in
                WholeTrace(id: id, spans: found.values.sorted { ($0.start, $0.spanID) < ($1.start, $1.spanID) })
            }
        }
    }
}
