import Engine
import Pipeline
import Report
import Rules
import Support

extension Resource {
    /// The state: counts of the received spans by outcome, their rate, and the open incident; over a range, the incident that was
    /// open in it.
    static let status = json(
        "/api/v1/status", parameters: QueryParameter.common, summary: "current state", schema: .named("Status")
    ) { surface, query in
        StatusJSON(surface, in: query.range.isGiven ? query.range.ends : nil, now: query.now, of: query[.cluster])
    }
}

/// How things are.
struct StatusJSON: Encodable, Sendable {
    private var spans: SpansRow
    /// The most urgent one that is open, or was in the range; of these the one with the surest verdict, then the latest; null if
    /// there is none.
    @OrNull var incident: IncidentJSON?
    /// The latest end; null without spans.
    @OrNull var last_span: String?
    /// The latest end of an API server's span; null if none sends any.
    @OrNull var last_apiserver_span: String?
    /// Whether enough was seen to compare the last half minute with.
    var has_baseline: Bool
    /// What relative times are relative to: the end of recorded spans, else the clock.
    var now: String
    /// When the first of the recorded spans ended; null for a daemon, whose spans arrive while it runs.
    @OrNull var recorded_from: String?
    /// Of the spans that ended in the range, or in the minute up to ten seconds ago.
    var spans_per_second: Double

    /// - Parameters:
    ///   - range: Unix nanoseconds; nil for the present, and counts since the start.
    ///   - now: Unix nanoseconds.
    ///   - cluster: only its incident and spans; nil for all.
    init(_ surface: QueryServer.Surface, in range: Range<Int64>?, now: Int64, of cluster: String?) {
        let pipeline = surface.pipeline
        let (counts, unattributed) = pipeline.counts()
        spans = SpansRow(counts, unattributed)
        let asked = pipeline.evaluation.incidents.filter { incident in
            guard incident.cluster == cluster ?? incident.cluster else { return false }
            guard let range else { return incident.isOpen }
            return incident.openedAt < range.upperBound && incident.closedAt ?? .max >= range.lowerBound
        }
        incident = asked.max(by: Incident.isLessUrgent).map { IncidentJSON($0) }
        let view = pipeline.view()
        var last = view.lastEnd
        let sources = pipeline.sources().seen.filter { $0.labels.cluster == cluster ?? $0.labels.cluster }
        var lastOfAPIServers = sources.filter { $0.role == .apiServer }.map(\.counts.last).max()
        if range == nil, cluster != nil {
            spans.accepted = sources.reduce(0) { $0 + $1.counts.spans }
            spans.late = sources.reduce(0) { $0 + $1.counts.late }
            last = sources.map(\.counts.last).max()
        }
        // A single clock that is ahead doesn't show that the others are still heard.
        let isAhead = range == nil && last ?? .min > now.addingSaturating(Self.leadMax)
        if let range = range ?? (isAhead ? now.subtractingSaturating(Self.recent)..<now : nil) {
            let amounts = view.sourceAmounts(in: range)
            let found = sources.compactMap { source in amounts[source.labels].map { (source.role, $0) } }
            if !isAhead { spans.accepted = found.reduce(0) { $0 + $1.1.spans } }
            last = found.map(\.1.last).max()
            lastOfAPIServers = found.filter { $0.0 == .apiServer }.map(\.1.last).max()
        }
        last_span = last.map(Timestamp.rfc3339)
        last_apiserver_span = lastOfAPIServers.map(Timestamp.rfc3339)
        has_baseline = pipeline.hasBaseline(at: last ?? now)
        self.now = Timestamp.rfc3339(now)
        recorded_from = surface.recordedFrom.map(Timestamp.rfc3339)
        spans_per_second = view.spanRate(in: range, now: now, of: cluster)
    }

    /// How far clocks may be ahead, nanoseconds.
    private static let leadMax: Int64 = 5_000_000_000
    /// Nanoseconds. What was heard last before that is long ago.
    private static let recent: Int64 = 3_600_000_000_000

    private enum CodingKeys: String, CodingKey {
        case incident, last_span, last_apiserver_span, has_baseline, now, recorded_from, spans_per_second
    }

    func encode(to encoder: any Encoder) throws {
        try spans.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(incident, forKey: .incident)
        try container.encode(last_span, forKey: .last_span)
        try container.encode(last_apiserver_span, forKey: .last_apiserver_span)
        try container.encode(has_baseline, forKey: .has_baseline)
        try container.encode(now, forKey: .now)
        try container.encode(recorded_from, forKey: .recorded_from)
        try container.encode(spans_per_second, forKey: .spans_per_second)
    }
}
