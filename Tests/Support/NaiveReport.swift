package import Engine

/// Everything that Faultline reports about `OddTraffic`, computed from the definitions by looking at every span for
/// every number.
package struct NaiveReport {
    /// The accepted spans in order of arrival: the first of those with the same ids in the same slot.
    package private(set) var spans: [ReferenceSpan] = []
    /// How many spans were dropped as duplicates.
    package private(set) var duplicates = 0
    /// How many spans ended too far ahead of their arrival.
    package private(set) var inFuture = 0
    /// Whether the same id was accepted in two slots, so that it names two spans.
    package private(set) var hasAmbiguousIDs = false
    private var places: Set<SpanInSlot> = []
    private var ids: Set<SpanInSlot> = []
    private let futureMax: Int64

    private struct SpanInSlot: Hashable {
        var traceID: [UInt8]
        var spanID: [UInt8]
        var slot: Int64
    }

    package init(futureMax: Int64) {
        self.futureMax = futureMax
    }

    package mutating func add(_ batch: OddTraffic.Batch) {
        for var span in batch.spans {
            let end = Int64(span.end)
            // Spans of two clusters belong to two traces even if their ids are the same.
            span.traceID = span.traceIDInCluster
            guard end <= batch.arrival + futureMax else {
                inFuture += 1
                continue
            }
            let place = SpanInSlot(traceID: span.traceID, spanID: span.spanID, slot: end / 5_000_000_000)
            guard places.insert(place).inserted else {
                duplicates += 1
                continue
            }
            let isNew = ids.insert(SpanInSlot(traceID: span.traceID, spanID: span.spanID, slot: 0)).inserted
            hasAmbiguousIDs = hasAmbiguousIDs || !isNew
            spans.append(span)
        }
    }

    // MARK: Rows

    package func operations(of spans: [ReferenceSpan]) -> [OperationLabels: NaiveStatistics] {
        Self.rows(spans) { $0.operationLabels }
    }

    /// Requests with their authentication.
    package func requests(_ spans: [AttributedSpan]) -> [RequestLabels: NaiveStatistics] {
        var rows: [RequestLabels: NaiveStatistics] = [:]
        for attributed in spans {
            guard let labels = attributed.requestLabels else { continue }
            rows[labels, default: NaiveStatistics()].add(attributed.duration, isError: attributed.span.isError)
        }
        return rows
    }

    /// What each source sent: how many spans, and their earliest and latest end.
    package var sources: [SourceLabels: (spans: Int, first: Int64, last: Int64)] {
        Dictionary(grouping: spans, by: \.sourceLabels).mapValues { spans in
            let ends = spans.map { Int64($0.end) }
            return (spans.count, ends.min() ?? .max, ends.max() ?? .min)
        }
    }

    private static func rows<Labels: Hashable>(
        _ spans: [ReferenceSpan], _ labels: (ReferenceSpan) -> Labels?
    ) -> [Labels: NaiveStatistics] {
        var rows: [Labels: NaiveStatistics] = [:]
        for span in spans {
            guard let labels = labels(span) else { continue }
            rows[labels, default: NaiveStatistics()].add(span.duration, isError: span.isError)
        }
        return rows
    }

    /// As if only the first `count` spans had arrived.
    package func prefix(_ count: Int) -> NaiveReport {
        var traffic = NaiveReport(futureMax: futureMax)
        traffic.spans = Array(spans.prefix(count))
        return traffic
    }

    // MARK: Attribution

    /// A span's self time, and for a request each component's part of it.
    package struct AttributedSpan {
        package var span: ReferenceSpan
        /// nil if it means nothing.
        package var selfTime: Int64?
        /// nil for spans that aren't requests.
        package var parts: [String: Int64]?
        /// Whether it belongs to the request of another span.
        var isPassedOn = false

        /// nil for spans that aren't requests.
        package var requestLabels: RequestLabels? { isPassedOn ? nil : span.oddRequestLabels }

        /// Of a request with its authentication, nanoseconds.
        package var duration: Int64 { parts.map { $0.values.reduce(0, +) } ?? span.duration }
    }

    /// Whether some span doesn't overlap an ancestor that affects what its own time means: a long-running request,
    /// the request of an authentication span, the authentication of a request, or a cycle. Attribution only follows links
    /// between spans that overlap, and looks for the trace of an authentication near its end.
    package var hasDetached: Bool {
        let attribution = NaiveAttribution(spans)
        let slotsOfTrace = Dictionary(grouping: spans, by: \.traceID).mapValues { $0.map { $0.end / 5_000_000_000 } }
        return spans.contains { span in
            let slots = slotsOfTrace[span.traceID] ?? []
            let isAloneInItsSlot = slots.count > 1 && slots.count { $0 == span.end / 5_000_000_000 } == 1
            if isAloneInItsSlot, attribution.isAuthentication(span) { return true }
            var above: [ReferenceSpan] = []
            while above.count <= spans.count, let next = attribution.parent(above.last ?? span) { above.append(next) }
            let decides =
                above.count > spans.count || attribution.component(span) == .authentication || span.isAPIServerRequest
                || above.contains { $0.isLongRunning }
            return decides && above.contains { $0.start >= span.end || $0.end <= span.start }
        }
    }

    /// The spans without their times.
    package var unattributed: [AttributedSpan] { spans.map { AttributedSpan(span: $0) } }

    /// Without requests that may have been passed on by another: one of the same trace that asks for the same.
    package var certain: [AttributedSpan] {
        let attribution = NaiveAttribution(spans)
        let traces = Dictionary(grouping: spans, by: \.traceID)
        return spans.filter { span in
            guard span.isAPIServerRequest, let trace = traces[span.traceID] else { return true }
            let sames = trace.count { $0.isAPIServerRequest && $0.isOfSameRequest(as: span) }
            return sames < 2 || !trace.contains(where: attribution.isProxy)
        }.map { AttributedSpan(span: $0) }
    }

    /// In the order of `spans`, given that all of them are known.
    package func attributedSpans() -> [AttributedSpan] {
        let attribution = NaiveAttribution(spans)
        var requests: [SpanInSlot: NaiveAttribution.Request] = [:]
        for request in attribution.requests() {
            requests[SpanInSlot(traceID: request.traceID, spanID: request.spanID, slot: 0)] = request
        }
        return spans.map { span in
            let request = requests[SpanInSlot(traceID: span.traceID, spanID: span.spanID, slot: 0)]
            let parts = request.map { request in
                Dictionary(uniqueKeysWithValues: request.components.map { ($0.key.rawValue, $0.value) })
            }
            return AttributedSpan(
                span: span, selfTime: attribution.countsSelfTime(span) ? attribution.selfTime(span) : nil, parts: parts,
                isPassedOn: attribution.isPassedOn(span))
        }
    }
}

extension ReferenceSpan {
    package var duration: Int64 { Int64(end - start) }

    /// The trace id changed by the cluster; changing it again gives the trace id.
    package var traceIDInCluster: [UInt8] {
        traceID.enumerated().map { index, byte in index < cluster.count ? byte ^ cluster[index] : byte }
    }

    package var operationLabels: OperationLabels {
        OperationLabels(
            cluster: String(decoding: cluster, as: UTF8.self), service: serviceText, operation: nameText,
            kind: SpanKind(wire: kind))
    }
}
