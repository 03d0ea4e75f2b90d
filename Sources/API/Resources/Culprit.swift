import Engine
import Pipeline
import Rules
import Support

extension Resource {
    /// The culprit of any interval, and the evidence. If there are several clusters, the one with the surest verdict is
    /// shown unless the query names one.
    static let culprit = json(
        "/api/v1/culprit",
        parameters: QueryParameter.common + [.baselineFrom, .baselineTo] + QueryParameter.requestLabels,
        summary: "the verdict on any interval, and the evidence", schema: CulpritJSON.schema,
        check: { query throws(QueryError) in _ = try query.baseline() }
    ) { surface, query in
        let summary = surface.pipeline.attributedSummary()
        let view = summary.view
        let baseline = try query.baseline()?.resolved(oldest: view.slots.first?.start)
        let findings = (query[.cluster].map { [$0] } ?? view.clusters).map { cluster in
            let series = view.requests.indices.filter {
                view.requests[$0].cluster == cluster && query.includes(view.requests[$0])
            }
            let comparison = view.comparison(
                of: query.interval, baseline: baseline, requests: series.map { Int32($0) })
            let finding = view.evidence(
                comparison, ofCluster: cluster,
                where: query.namesRequests ? view.requests.map { query.includes($0) } : nil,
                surface.pipeline.components)
            let spans = view.operationSummaries(in: comparison.interval)
                .reduce(0) { $0 + ($1.labels.cluster == cluster ? $1.count : 0) }
            var verdict = CulpritJSON(comparison, finding, cluster: cluster, spans: spans)
            verdict.limit(to: view.unseenSpans(in: comparison.interval, ofCluster: cluster))
            if query.namesRequests, verdict.requests.count == 0 { verdict.withhold() }
            return verdict
        }
        return findings.dropFirst().reduce(findings.first) { best, next in
            best.map { next.isSurer(than: $0) } ?? true ? next : best
        }
    }
}

extension QueryParameter {
    fileprivate static let baselineFrom = time("baseline_from")
    fileprivate static let baselineTo = time("baseline_to")
}

extension Query {
    private static let usualInterval: Int64 = 60_000_000_000

    fileprivate var namesRequests: Bool { QueryParameter.requestLabels.contains { self[$0] != nil } }

    /// The last minute unless given.
    fileprivate var interval: Range<Int64> {
        let end = range.to ?? now
        return min(range.from ?? max(end - Self.usualInterval, 0), end)..<end
    }

    /// nil if none was given.
    fileprivate func baseline() throws(QueryError) -> QueryRange? {
        guard self[.baselineFrom] != nil || self[.baselineTo] != nil else { return nil }
        guard self[.baselineFrom] != nil, self[.baselineTo] != nil else {
            throw QueryError(message: "baseline_from and baseline_to go together; give both or neither")
        }
        let baseline = try range(.baselineFrom, .baselineTo)
        guard let end = baseline.to, end <= interval.lowerBound else {
            throw QueryError(
                message: "the baseline must end before the interval begins: baseline_to is "
                    + "\(Timestamp.rfc3339(baseline.to ?? now)), from is \(Timestamp.rfc3339(interval.lowerBound))")
        }
        return baseline
    }
}

/// A verdict over an interval.
struct CulpritJSON: Encodable, Sendable {
    struct Culprit: Encodable, Sendable {
        /// null if it isn't clear.
        @OrNull var side: String?
        @OrNull var component: String?
        /// null unless the verdict is about one instance of several.
        @OrNull var instance: String?
        var certainty: Verdict.Certainty
        var why: String
    }

    /// Absent where the spans name none.
    var cluster: String?
    var from: String
    var to: String
    /// null, both, if too little was seen before the interval to compare with.
    @OrNull var baseline_from: String?
    @OrNull var baseline_to: String?
    /// How many ended in the interval.
    var spans: Int
    /// null without spans in the interval, unless their absence is the evidence, and without requests of the kind asked about.
    @OrNull var culprit: Culprit?
    /// Largest growth first.
    var components: [EvidenceJSON.ComponentRow]
    var requests: RequestsJSON
    /// The worst first.
    var traces: [String]
    /// False if not all spans of the interval could be compared; otherwise absent.
    var exact: Bool?
    /// Why, or why there is no verdict; otherwise absent.
    var note: String?

    static let schema = Schema.object(
        [
            "from": .time, "to": .time, "baseline_from": .nullable(.time), "baseline_to": .nullable(.time),
            "spans": .integer,
            "culprit": .nullable(.named("Culprit")),
            "components": .array(.named("ComponentGrowth")), "requests": .named("RequestOutcomes"),
            "traces": .array(.text),
        ], optional: ["cluster": .text, "exact": .boolean, "note": .text])

    init(_ comparison: Comparison, _ finding: IntervalEvidence, cluster: String, spans: Int) {
        self.spans = spans
        self.cluster = cluster.isEmpty ? nil : cluster
        from = Timestamp.rfc3339(comparison.interval.lowerBound)
        to = Timestamp.rfc3339(comparison.interval.upperBound)
        if !comparison.baseline.isEmpty {
            baseline_from = Timestamp.rfc3339(comparison.baseline.lowerBound)
            baseline_to = Timestamp.rfc3339(comparison.baseline.upperBound)
        }
        let evidence = EvidenceJSON(finding.evidence)
        if spans > 0 || evidence.culprit.side != nil {
            culprit = Culprit(
                side: evidence.culprit.side, component: evidence.culprit.component,
                instance: evidence.culprit.instance, certainty: finding.evidence.culprit.certainty,
                why: evidence.culprit.why)
        }
        components = evidence.components
        requests = RequestsJSON(finding.requests)
        traces = evidence.traces
    }

    /// Says what the verdict doesn't take into account, and makes it no surer than that allows.
    fileprivate mutating func limit(to unseen: UnseenSpans) {
        guard unseen.areEvicted || unseen.count > 0 else { return }
        exact = false
        note =
            unseen.areEvicted
            ? "part of the interval has left the window, so not all of its spans are compared"
            : "\(unseen.count) of its \(max(spans, unseen.count)) spans came too late, or in too large a burst, to be divided "
                + "among components"
        if unseen.areConsiderable(among: spans), culprit?.certainty == .clear { culprit?.certainty = .likely }
    }

    /// There is no verdict on requests that there were none of.
    fileprivate mutating func withhold() {
        culprit = nil
        traces = []
        note = "no such request ended in the interval"
    }

    fileprivate func isSurer(than other: CulpritJSON) -> Bool {
        guard let culprit else { return false }
        return other.culprit.map { culprit.certainty > $0.certainty } ?? true
    }
}
