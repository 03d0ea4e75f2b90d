import Engine

/// A firing alert as one evaluation found it.
struct AlertSighting: Hashable, Sendable {
    var id: AlertID
    var rule: RuleNumber
    /// Its group in the rule's grouping.
    var group: Int
    var name: String
    var labels: [String: String]
    var firedAt: Int64
    /// The earliest time at which its fault may have begun, in nanoseconds since the epoch.
    var earliestStart: Int64
    var evidence: AlertEvidence?
    /// Whether its condition holds, whatever `keep_firing_for` says.
    var holds: Bool
    /// Whether its rule looks further back than a minute.
    var looksFarBack: Bool
    /// Whether its condition is about silence.
    var isAboutSilence = false
    /// How long an incident stays open after the condition last held, in nanoseconds.
    var calm: Int64

    /// Empty if its spans don't name one.
    var cluster: String { labels["cluster"] ?? "" }

    var severity: IncidentSeverity { IncidentSeverity(label: labels["severity"]) }

    /// Alerts that can open an incident come first, the surest ones ahead, so that the others find it open. The order
    /// is the same in every process.
    static func comesFirst(_ left: AlertSighting, _ right: AlertSighting) -> Bool {
        if left.looksFarBack != right.looksFarBack { return right.looksFarBack }
        let (sureness, other) = (left.certainty, right.certainty)
        if sureness != other { return sureness > other }
        return (left.firedAt, left.name, left.id.fingerprint) < (right.firedAt, right.name, right.id.fingerprint)
    }

    private var certainty: Verdict.Certainty { evidence?.culprit.certainty ?? .notClear }
}

/// What incidents need to know from the spans at an evaluation. Times and durations are in nanoseconds.
protocol IncidentContext {
    var time: Int64 { get }
    /// The next evaluation of any rule; nil if there is none.
    var next: Int64? { get }

    /// Whether a span of a cluster's control plane ended since an earlier evaluation.
    func isHeard(_ cluster: String, since last: Int64) -> Bool

    /// What ended before this may have been evicted.
    var horizon: Int64 { get }

    /// What each API server and etcd did in a stretch of time.
    func activity(_ times: Range<Int64>, sourcesMax: Int) -> [SourceActivity]

    /// Whether an alert's condition no longer holds once some stretches of time are cut out of its windows.
    func isAftermath(_ alert: AlertSighting, of times: [Range<Int64>]) -> Bool

    /// Whether an alert's condition holds over the last minute alone.
    func heldLately(_ alert: AlertSighting) -> Bool

    /// The 99th percentile that each kind of request had between two times, by its `RequestKind`.
    func usualDurations(from: Int64, to: Int64) -> [String: Int64]

    /// The outcomes of a cluster's requests that ended between two times; slow ones took longer than usual.
    func outcomes(of cluster: String, from: Int64, to: Int64, usual: [String: Int64]) -> RequestOutcomes
}
