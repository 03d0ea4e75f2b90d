import Engine
import Foundation
package import Support

/// An alert in outputs: a row of `alerts` in a replay's output and the API, or a line of the stdout sink. Every field
/// is always present, null if it has no value yet.
package struct AlertJSON: Codable, Hashable, Sendable {
    package var alert: String
    package var labels: [String: String]
    package var annotations: [String: String]
    var state: AlertState
    /// RFC 3339, like all times here.
    package var activeAt: String
    @OrNull package var firedAt: String?
    @OrNull package var resolvedAt: String?
    /// Why it resolved; null if its condition was found to be false.
    @OrNull var reason: ResolutionReason?
    /// When it was notified of: when it fired, or the last one before it resolved. Seconds, per second or 0...1.
    @OrNull var value: Double?
    /// At the last evaluation at which the condition held; only in the API, for alerts that are active.
    private(set) var currentValue: Double?
    /// Absent for counts and plain numbers.
    var unit: AlertUnit?
    /// null unless the alert has fired.
    @OrNull package var evidence: EvidenceJSON?
    /// Only in the notification of an incident.
    var incident: IncidentNotice?

    /// - Parameter isCurrent: whether to show how the alert is now, not what was notified.
    package init(_ alert: Alert, isCurrent: Bool = false) {
        self.alert = alert.name
        labels = alert.labels
        annotations = alert.annotations
        state = alert.state
        activeAt = Timestamp.rfc3339(alert.activeAt)
        firedAt = alert.firedAt.map(Timestamp.rfc3339)
        resolvedAt = alert.resolvedAt.map(Timestamp.rfc3339)
        reason = alert.reason
        value = alert.value
        if isCurrent, alert.state != .resolved {
            currentValue = alert.value
            value = alert.firedValue ?? alert.value
        }
        unit = alert.unit
        evidence = alert.evidence.map { EvidenceJSON($0) }
        incident = alert.incident
    }

    private enum CodingKeys: String, CodingKey {
        case alert, labels, annotations, state
        case activeAt = "active_at"
        case firedAt = "fired_at"
        case resolvedAt = "resolved_at"
        case currentValue = "current_value"
        case reason, value, unit, evidence, incident
    }
}

extension Alert {
    /// Restores an alert from its JSON; nil if the JSON isn't an alert.
    package init?(_ json: AlertJSON) {
        guard let activeAt = Timestamp.parse(rfc3339: json.activeAt) else { return nil }
        self.init(
            name: json.alert, labels: json.labels, annotations: json.annotations, state: json.state, activeAt: activeAt,
            firedAt: json.firedAt.flatMap { Timestamp.parse(rfc3339: $0) },
            resolvedAt: json.resolvedAt.flatMap { Timestamp.parse(rfc3339: $0) }, reason: json.reason,
            value: json.value, unit: json.unit,
            evidence: json.evidence.map { AlertEvidence($0) }, incident: json.incident)
    }
}

/// The evidence of an alert in outputs. Durations are in seconds.
package struct EvidenceJSON: Codable, Hashable, Sendable {
    /// A component's part of the mean request, now and before.
    package struct ComponentRow: Codable, Hashable, Sendable {
        package var component: String
        package var seconds: Double
        /// null if there is nothing earlier to compare with.
        @OrNull package var baselineSeconds: Double?

        private enum CodingKeys: String, CodingKey {
            case component, seconds
            case baselineSeconds = "baseline_seconds"
        }
    }

    package var culprit: AlertEvidence.Culprit
    package var components: [ComponentRow]
    /// Hexadecimal trace ids of the worst requests, the worst first.
    package var traces: [String]

    init(culprit: AlertEvidence.Culprit, components: [ComponentRow], traces: [String]) {
        self.culprit = culprit
        self.components = components
        self.traces = traces
    }

    package init(_ evidence: AlertEvidence) {
        culprit = evidence.culprit
        components = evidence.components.map {
            ComponentRow(component: $0.component, seconds: $0.seconds, baselineSeconds: $0.baselineSeconds)
        }
        traces = evidence.traces.map(\.hex)
    }
}

extension AlertEvidence {
    init(_ json: EvidenceJSON) {
        self.init(
            culprit: json.culprit,
            components: json.components.map {
                ComponentTime(component: $0.component, seconds: $0.seconds, baselineSeconds: $0.baselineSeconds)
            },
            traces: json.traces.compactMap { TraceID(hex: $0) })
    }
}
