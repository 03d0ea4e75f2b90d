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
    /// When its fault began at the earliest, in nanoseconds since the epoch.
    var earliestStart: Int64
    var evidence: AlertEvidence?
    /// Whether its condition holds, whatever `keep_firing_for` says.
    var holds: Bool
    /// Whether its rule looks further back than a minute.
    var looksFarBack: Bool
    /// How long an incident stays open after the condition last held, in nanoseconds.
    var calm: Int64

    /// Empty if its spans don't name one.
    var cluster: String { labels["cluster"] ?? "" }

    var severity: IncidentSeverity { IncidentSeverity(label: labels["severity"]) }

    /// Alerts that can open an incident come first, the surest of them ahead, so that the others find it open. The same
    /// order in every process.
    static func comesFirst(_ left: AlertSighting, _ right: AlertSighting) -> Bool {
        if left.looksFarBack != right.looksFarBack { return right.looksFarBack }
        let (sureness, other) = (left.certainty, right.certainty)
        if sureness != other { return sureness > other }
        return (left.firedAt, left.name, left.id.fingerprint) < (right.firedAt, right.name, right.id.fingerprint)
    }

    private var certainty: Verdict.Certainty { evidence?.culprit.certainty ?? .notClear }
}
