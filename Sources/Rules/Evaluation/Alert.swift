import Support

/// A snapshot of an alert, as sinks deliver it and the API shows it. Times are in nanoseconds since the epoch.
package struct Alert: Hashable, Sendable {
    package var name: String
    /// The `by` labels that have a value, overridden by the rule's own labels.
    package var labels: [String: String]
    package var annotations: [String: String]
    package var state: AlertState
    /// When the condition was first found to hold.
    package var activeAt: Int64
    package var firedAt: Int64?
    package var resolvedAt: Int64?
    /// Why it resolved; nil if its condition was found to be false.
    package var reason: ResolutionReason?
    /// The last value for which the condition held. nil means no data.
    package var value: Double?
    /// The value when it fired, which its notification has; nil if that isn't known.
    var firedValue: Double?
    /// What it is measured in; nil for counts and plain numbers.
    package var unit: AlertUnit?
    /// The evidence of an alert that fired; nil if there is no attribution.
    package var evidence: AlertEvidence?
    /// The incident, if this is the notification of one.
    package var incident: IncidentNotice?

    package init(
        name: String, labels: [String: String], annotations: [String: String], state: AlertState,
        activeAt: Int64,
        firedAt: Int64? = nil, resolvedAt: Int64? = nil, reason: ResolutionReason? = nil, value: Double? = nil,
        firedValue: Double? = nil, unit: AlertUnit? = nil, evidence: AlertEvidence? = nil,
        incident: IncidentNotice? = nil
    ) {
        self.name = name
        self.labels = labels
        self.annotations = annotations
        self.state = state
        self.activeAt = activeAt
        self.firedAt = firedAt
        self.resolvedAt = resolvedAt
        self.reason = reason
        self.value = value
        self.firedValue = firedValue
        self.unit = unit
        self.evidence = evidence
        self.incident = incident
    }

    /// 16 hexadecimal digits that identify this alert, the same in every run: FNV-1a of its name and sorted labels.
    /// The labels of an incident may change, its id doesn't.
    package var fingerprint: String {
        Self.fingerprint(name: name, labels: incident.map { ["incident": $0.incident.id] } ?? labels)
    }

    static func fingerprint(name: String, labels: [String: String]) -> String {
        var hash = FNV1a()
        hash.combine("alertname")
        hash.combine(name)
        for (label, value) in labels.sorted(by: { $0.key < $1.key }) {
            hash.combine(label)
            hash.combine(value)
        }
        return hash.hex
    }
}

/// The state of an alert.
package enum AlertState: String, Hashable, Sendable, Codable, CaseIterable {
    /// The condition stopped holding before the alert fired.
    case inactive
    /// The condition holds, but not yet for the rule's `for`.
    case pending
    case firing
    case resolved
}

extension Alert {
    /// The transition that resolves this alert because its rule is gone; nil unless it is firing.
    package func ended(at time: Int64) -> AlertTransition? {
        guard state == .firing else { return nil }
        var alert = self
        alert.state = .resolved
        alert.resolvedAt = max(time, firedAt ?? time)
        return AlertTransition(time: time, alert: alert)
    }
}

/// Why an alert resolved although its condition wasn't found to be false.
package enum ResolutionReason: String, Hashable, Sendable, Codable {
    /// The condition had no data for the rule's `no_data_after`, while other spans arrived.
    case noData = "no data"
}

/// A rule, by its index in an evaluator's definitions.
package struct RuleNumber: Hashable, Sendable {
    package var group: Int
    package var rule: Int

    package init(group: Int, rule: Int) {
        self.group = group
        self.rule = rule
    }
}

/// A change of an alert's state.
package struct AlertTransition: Hashable, Sendable {
    /// The time of the evaluation that found the change, in nanoseconds since the epoch.
    package var time: Int64
    /// The alert in its new state.
    package var alert: Alert
    /// The alert's rule; nil if it is no longer in force.
    package var rule: RuleNumber?

    package init(time: Int64, alert: Alert, rule: RuleNumber? = nil) {
        self.time = time
        self.alert = alert
        self.rule = rule
    }

    /// Whether sinks are notified. Pending alerts, and those that never fired, are not.
    package var isNotified: Bool { alert.state == .firing || alert.state == .resolved }
}
