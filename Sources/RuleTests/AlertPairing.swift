import Rules

/// Pairs expected alerts with those found, as many as can be: an expectation that leaves something open doesn't take the
/// alert that another one, which says more, is about.
struct AlertPairing {
    private let expected: [ExpectedAlert]
    private let found: [Alert]
    /// The expectation that each alert found is paired with.
    private var partners: [Int?]
    /// The expectations without an alert, in their order.
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

    /// The alerts without an expectation, in their order.
    var extra: [Int] { found.indices.filter { partners[$0] == nil } }

    /// Finds an alert for an expectation, for which others may have to change theirs (augmenting paths).
    private mutating func pair(_ number: Int, _ tried: inout Set<Int>) -> Bool {
        for place in found.indices where expected[number].isMet(by: found[place]) && tried.insert(place).inserted {
            guard let partner = partners[place] else {
                partners[place] = number
                return true
            }
            if pair(partner, &tried) {
                partners[place] = number
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
