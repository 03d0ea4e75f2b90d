package import Rules

/// How the alerts at one moment differ from those expected.
package struct RuleTestDifference {
    package let position: SourcePosition
    package let time: RuleTest.Time
    private var missing: [ExpectedAlert] = []
    private var extra: [Alert] = []
    /// The annotations that some expectation names: those that are worth showing.
    private let annotationNames: Set<String>

    init(_ expectation: RuleTest.Expectation, _ active: [Alert]) {
        position = expectation.position
        time = expectation.time
        annotationNames = Set(expectation.alerts.flatMap(\.annotations.keys))
        // Pending alerts count only where an expectation is about them.
        let wantsPending = expectation.alerts.contains { $0.state == .pending }
        extra = active.filter { $0.state == .firing || wantsPending }
        for expected in expectation.alerts {
            if let place = extra.firstIndex(where: { expected.isMet(by: $0) }) {
                extra.remove(at: place)
            } else {
                missing.append(expected)
            }
        }
    }

    package var isEmpty: Bool { missing.isEmpty && extra.isEmpty }

    /// A line for each alert, `-` for one expected and `+` for one found instead, with annotations below it.
    package var lines: [String] {
        missing.flatMap { expected in
            Self.lines(
                "-", expected.alert, expected.state.rawValue, expected.labels, expected.annotations)
        }
            + extra.flatMap { alert in
                Self.lines(
                    "+", alert.name, alert.state.rawValue, alert.labels,
                    alert.annotations.filter { annotationNames.contains($0.key) })
            }
    }

    private static func lines(
        _ sign: String, _ name: String, _ state: String, _ labels: [String: String]?, _ annotations: [String: String]
    ) -> [String] {
        let sorted = (labels ?? [:]).sorted { $0.key < $1.key }
        let listed = sorted.map { "\($0.key)=\(PrintableText.quote($0.value, limit: 200))" }.joined(separator: ", ")
        let title = "\(sign) \(PrintableText.escape(name)){\(labels == nil ? "…" : listed)} \(state)"
        return [title]
            + annotations.sorted { $0.key < $1.key }.map {
                "\(sign)     \($0.key): \(PrintableText.quote($0.value, limit: 500))"
            }
    }
}

extension ExpectedAlert {
    fileprivate func isMet(by found: Alert) -> Bool {
        found.name == alert && found.state.rawValue == state.rawValue && (labels ?? found.labels) == found.labels
            && annotations.allSatisfy { found.annotations[$0.key] == $0.value }
    }
}
