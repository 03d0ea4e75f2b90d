import Engine
import Rules

/// Whom an alert has to accuse: only what is given is compared.
struct ExpectedCulprit: Equatable, Sendable {
    var side: Side?
    var component: Component?
    /// Not clear goes without a side and a component.
    var certainty: Verdict.Certainty?

    init(side: Side? = nil, component: Component? = nil, certainty: Verdict.Certainty? = nil) {
        self.side = side
        self.component = component
        self.certainty = certainty
    }

    /// - Parameter found: nil where nothing is known of whose time it was.
    func isMet(by found: AlertEvidence.Culprit?) -> Bool {
        (side == nil || found?.side == side?.rawValue)
            && (component == nil || found?.component == component?.name)
            && (certainty == nil || certainty == found?.certainty ?? .notClear)
    }

    /// As a file of tests has it.
    var text: String {
        AlertEvidence.Culprit.text(side: side?.rawValue, component: component?.name, certainty: certainty)
    }
}

extension AlertEvidence.Culprit {
    /// What a test would have to expect.
    var expectation: String { Self.text(side: side, component: component, certainty: certainty) }

    fileprivate static func text(side: String?, component: String?, certainty: Verdict.Certainty?) -> String {
        if certainty == .notClear { return Verdict.Certainty.notClear.rawValue }
        let fields = [("side", side), ("component", component), ("certainty", certainty?.rawValue)]
        let given = fields.compactMap { name, value in value.map { "\(name): \($0)" } }
        return "{\(given.joined(separator: ", "))}"
    }
}

extension Component {
    /// Of a built-in one: tests of rules know no other.
    var name: String { Self.builtinNames[Int(number)] }
}
