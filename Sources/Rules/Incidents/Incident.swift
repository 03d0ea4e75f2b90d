package import Engine
import Support

/// One fault of a control plane as people are notified of it: the alerts that it raised, and the surest verdict on its
/// cause. Times are in nanoseconds since the epoch.
package struct Incident: Hashable, Sendable {
    /// An alert that belongs to an incident, from firing to resolving.
    struct Member: Hashable, Sendable {
        var name: String
        var labels: [String: String]
        var firedAt: Int64
        var resolvedAt: Int64?

        /// The same for every evaluation of one alert, and different once it fires again.
        var id: AlertID
    }

    /// What an incident is about.
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// Alerts fire.
        case fault
        /// An API server or etcd has restarted: for the record.
        case restart
        /// An API server, or everything, isn't heard.
        case silence
    }

    /// The time at which it opened, and the cluster. A second one that opens in the same evaluation also has a number.
    package let id: String
    private(set) var kind: Kind
    /// Empty if its spans don't name one.
    package let cluster: String
    package let openedAt: Int64
    /// The beginning of the window in which its first alert's condition held: the fault began after it.
    private(set) var startedAt: Int64
    /// Of a restart: when the process was heard again.
    private(set) var backAt: Int64?
    package internal(set) var closedAt: Int64?
    package internal(set) var severity: IncidentSeverity
    /// The surest evidence found while it was open; nil if there is no attribution.
    package internal(set) var evidence: AlertEvidence?
    package internal(set) var requests = RequestOutcomes()
    /// In the order in which they fired; the first thousand.
    private(set) var members: [Member] = []

    static let membersMax = 1_000

    package var isOpen: Bool { closedAt == nil }
    package var side: String? { evidence?.culprit.side }
    var certainty: Verdict.Certainty { evidence?.culprit.certainty ?? .notClear }

    init(
        id: String, kind: Kind = .fault, cluster: String = "", openedAt: Int64, startedAt: Int64,
        backAt: Int64? = nil, severity: IncidentSeverity, evidence: AlertEvidence?
    ) {
        self.id = id
        self.kind = kind
        self.cluster = cluster
        self.openedAt = openedAt
        self.startedAt = startedAt
        self.backAt = backAt
        self.severity = severity
        self.evidence = evidence
    }

    /// The order of urgency: by severity, then how sure the verdict is, then the time of opening.
    package static func isLessUrgent(_ left: Self, _ right: Self) -> Bool {
        (left.severity, left.certainty, left.openedAt) < (right.severity, right.certainty, right.openedAt)
    }

    mutating func add(_ member: Member) {
        guard members.count < Self.membersMax, !members.contains(where: { $0.id == member.id }) else { return }
        members.append(member)
    }

    /// What it found was a process that restarted: for the record.
    mutating func become(restartOf event: ProcessEvent) {
        let since = TimeLimits.nearestTime(event.since)
        startedAt = kind == .silence ? min(startedAt, since) : since
        backAt = event.until.map { TimeLimits.nearestTime($0) }
        (kind, severity, evidence) = (.restart, .info, event.evidence)
    }

    /// Whether its time explains what alerts find afterwards. That of a short restart doesn't hide another fault.
    var hasAftermath: Bool {
        guard kind == .restart else { return true }
        return (backAt ?? startedAt).subtractingSaturating(startedAt) >= ProcessWatch.silenceMin
    }

    mutating func remove(_ alert: AlertID) { members.removeAll { $0.id == alert } }

    mutating func resolve(_ alert: AlertID, at time: Int64) {
        guard let index = members.lastIndex(where: { $0.id == alert }) else { return }
        members[index].resolvedAt = time
    }
}

/// One firing of an alert.
struct AlertID: Hashable, Sendable {
    var fingerprint: String
    var activeAt: Int64

    init(fingerprint: String, activeAt: Int64) {
        self.fingerprint = fingerprint
        self.activeAt = activeAt
    }

    init(_ alert: Alert) {
        self.init(fingerprint: alert.fingerprint, activeAt: alert.activeAt)
    }
}

/// How urgent an incident is: as urgent as its most urgent alert, by the label `severity`.
package enum IncidentSeverity: String, Hashable, Comparable, Sendable, Codable, CaseIterable {
    case info, warning, critical

    /// Alerts without the label, or with another value, are warnings.
    init(label: String?) {
        switch label {
        case "critical", "page", "emergency": self = .critical
        case "info", "none": self = .info
        default: self = .warning
        }
    }

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
