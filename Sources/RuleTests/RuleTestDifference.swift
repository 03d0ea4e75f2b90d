package import Rules
import Support

/// How the alerts at one moment differ from those expected.
package struct RuleTestDifference {
    package let position: SourcePosition
    package let time: RuleTest.Time
    private let missing: [ExpectedAlert]
    private let extra: [Alert]
    /// The annotations that some expectation names: those that are worth showing.
    private let annotationNames: Set<String>
    /// Whether some expectation names a culprit.
    private let isAboutCulprits: Bool

    init(_ expectation: RuleTest.Expectation, _ active: [Alert]) {
        position = expectation.position
        time = expectation.time
        annotationNames = Set(expectation.alerts.flatMap(\.annotations.keys))
        isAboutCulprits = expectation.alerts.contains { $0.culprit != nil }
        // Pending alerts count only where an expectation is about them.
        let wantsPending = expectation.alerts.contains { $0.state == .pending }
        let found = active.filter { $0.state == .firing || wantsPending }
        let pairing = AlertPairing(expectation.alerts, found)
        missing = pairing.missing.map { expectation.alerts[$0] }
        extra = pairing.extra.map { found[$0] }
    }

    var isEmpty: Bool { missing.isEmpty && extra.isEmpty }

    /// A line for each alert, `-` for one expected and `+` for one found instead, with annotations and culprit below it.
    package var lines: [String] {
        missing.flatMap { expected in
            var details = Self.details(expected.annotations)
            if let culprit = expected.culprit { details.append("culprit: \(culprit.text)") }
            return Self.lines("-", expected.alert, expected.state.rawValue, expected.labels, details)
        }
            + extra.flatMap { alert in
                var details = Self.details(alert.annotations.filter { annotationNames.contains($0.key) })
                if isAboutCulprits, let culprit = alert.evidence?.culprit {
                    details += ["culprit: \(culprit.expectation)", "    why: \(PrintableText.escape(culprit.why))"]
                }
                return Self.lines("+", alert.name, alert.state.rawValue, alert.labels, details)
            }
    }

    private static func details(_ annotations: [String: String]) -> [String] {
        annotations.sorted { $0.key < $1.key }.map { "\($0.key): \(PrintableText.quote($0.value, limit: 500))" }
    }

    private static func lines(
        _ sign: String, _ name: String, _ state: String, _ labels: [String: String]?, _ details: [String]
    ) -> [String] {
        let sorted = (labels ?? [:]).sorted { $0.key < $1.key }
        let listed = sorted.map { "\($0.key)=\(PrintableText.quote($0.value, limit: 200))" }.joined(separator: ", ")
        let title = "\(sign) \(PrintableText.escape(name)){\(labels == nil ? "…" : listed)} \(state)"
        return [title] + details.map { "\(sign)     \($0)" }
    }
}
