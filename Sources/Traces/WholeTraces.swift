import Archive
package import Engine
import Foundation
import OTLP
import Support

/// Traces with everything that their spans carry, read from recent bodies and from what is kept beyond them.
package struct WholeTraces: Sendable {
    private let bodies: RecentBodies
    private let kept: [KeptTraces]
    /// nil without a recording.
    package let recorded: RecordedTraces?

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

    /// The authentications that a trace's requests begin with although they are traces of their own, if it is kept.
    package func authentications(of trace: TraceID) -> [TiedAuthentication] {
        kept.flatMap { $0.authentications(of: trace) }
    }

    /// The same for traces that the window may know more about. If memory doesn't have everything, the recording is
    /// read, if there is one.
    ///
    /// - Parameter deadline: for reading the recording.
    package func recall(
        _ remembered: [RememberedTrace], before deadline: ContinuousClock.Instant, mergesScopes: Bool = false
    ) -> RecordedTraces.Found {
        let ids = remembered.map(\.id)
        let recent = message(of: ids, mergesScopes: mergesScopes)
        var extract = TraceExtract(ids)
        try? unsafe extract.add(recent.span.bytes)
        let sought = remembered.filter { !$0.isWhole(extract.spanIDs(of: $0.id)) }
        guard let recorded, !sought.isEmpty else { return RecordedTraces.Found(message: recent) }
        var found = recorded.traces(sought.map { .init($0.id, endingIn: $0.ends) }, before: deadline)
        try? unsafe extract.add(found.message.span.bytes)
        found.message = extract.message(mergesScopes: mergesScopes)
        return found
    }

    /// The same, each trace with its spans; in the order of `traces`, without those that nothing is kept of.
    package func traces(_ traces: [TraceID]) -> [WholeTrace] {
        WholeTrace.traces(in: message(of: traces), order: traces)
    }
}

/// What the window, or a search, knows about a trace.
package struct RememberedTrace: Sendable {
    package let id: TraceID
    private let spans: [UInt64]
    /// When its spans ended, Unix nanoseconds; nil if unknown.
    fileprivate let ends: Range<Int64>?

    /// - Parameters:
    ///   - spans: those of its spans that are known.
    ///   - range: when its spans ended if none is known, Unix nanoseconds; nil if unknown.
    package init(_ id: TraceID, _ spans: [SpanRow], endingIn range: Range<Int64>? = nil) {
        self.id = id
        self.spans = spans.map(\.spanID)
        let all = spans.map { $0.start.addingSaturating($0.duration) }
        ends = all.min().flatMap { first in all.max().map { first..<$0.addingSaturating(1) } } ?? range
    }

    fileprivate func isWhole(_ found: Set<UInt64>) -> Bool {
        spans.isEmpty ? !found.isEmpty : found.isSuperset(of: spans)
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
    ///
    /// - Parameter warnings: why spans may be missing, for the answer's `errors`.
    package static func jaeger(_ message: [UInt8], warnings: [String] = []) -> String? {
        message.isEmpty ? nil : jaegerList(message, warnings: warnings)
    }

    /// The same; a list of none if there are no spans.
    package static func jaegerList(_ message: [UInt8], warnings: [String]) -> String? {
        var export = JaegerExport()
        guard (try? unsafe export.add(message.span.bytes)) != nil, let json = try? export.json(warnings: warnings)
        else { return nil }
        return String(decoding: json, as: UTF8.self)
    }
}
