import Rules
import Support
package import YAML

/// How the alerts at one moment differ from those expected.
package struct RuleTestDifference {
    package let position: SourcePosition
    package let time: RuleTest.Time
    private let missing: [ExpectedAlert]
    private let extra: [Alert]
    /// The annotations that some expectation names, which are the ones worth showing.
    private let annotationNames: Set<String>
    /// Whether some expectation names a culprit.
    private let isAboutCulprits: Bool

    init(_ expectation: RuleTest.Expectation, _ active: [Alert]) {
        position = expectation.position
        time = expectation.time
        annotationNames = Set(expectation.alerts.flatMap(\.annotations.keys))
        isAboutCulprits = expectation.alerts.contains { $0.culprit != nil }
        // Pending alerts count only if an expectation is about them.
        let wantsPending = expectation.alerts.contains { $0.state == .pending }
        let found = active.filter { $0.state == .firing || wantsPending }
        let pairing = AlertPairing(expectation.alerts, found)
        missing = pairing.missing.map { expectation.alerts[$0] }
        extra = pairing.extra.map { found[$0] }
    }

    var isEmpty: Bool { missing.isEmpty && extra.isEmpty }

    /// One line for each alert, `-` if it is missing and `+` if it is unexpected, followed by its annotations and
    /// culprit.
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

/// Pairs as many expected alerts as possible with those found. A vague expectation doesn't take the alert that a more
/// specific one needs.
struct AlertPairing {
    private let expected: [ExpectedAlert]
    private let found: [Alert]
    /// The expectation paired with each alert found.
    private var partners: [Int?]
    /// The expectations without an alert, in order.
    private(set) var missing: [Int] = []

    init(_ expected: [ExpectedAlert], _ found: [Alert]) {
        self.expected = expected
        self.found = found
        partners = Array(repeating: nil, count: found.count)
        for number in expected.indices {
            var tried = Set<Int>()
            if !pair(number, &tried) { missing.append(number) }
        }
    }

    /// The alerts without an expectation, in order.
    var extra: [Int] { found.indices.filter { partners[$0] == nil } }

    /// Finds an alert for an expectation, reassigning others if necessary (augmenting paths).
    private mutating func pair(_ number: Int, _ tried: inout Set<Int>) -> Bool {
        for index in found.indices where expected[number].isMet(by: found[index]) && tried.insert(index).inserted {
            guard let partner = partners[index] else {
                partners[index] = number
                return true
            }
            if pair(partner, &tried) {
                partners[index] = number
                return true
            }
        }
        return false
    }
}

extension ExpectedAlert {
    fileprivate func isMet(by found: Alert) -> Bool {
        found.name == alert && found.state.rawValue == state.rawValue && (labels ?? found.labels) == found.labels
            && annotations.allSatisfy { found.annotations[$0.key] == $0.value }
            && culprit?.isMet(by: found.evidence?.culprit) ?? true
    }
}
