package import Engine
package import YAML

/// Selects the series of a population whose labels all match.
package struct Selector: Hashable, Sendable {
    package struct Match: Hashable, Sendable {
        package var label: String
        package var matcher: LabelMatcher

        package init(label: String, matcher: LabelMatcher) {
            self.label = label
            self.matcher = matcher
        }
    }

    package var population: Population
    /// In file order.
    package var matches: [Match]

    package init(population: Population, matches: [Match]) {
        self.population = population
        self.matches = matches
    }

    package func selects(_ valueOf: (_ label: String) -> String?) -> Bool {
        matches.allSatisfy { match in valueOf(match.label).map(match.matcher.accepts) ?? false }
    }
}

/// A condition on the value of a label.
package enum LabelMatcher: Hashable, Sendable {
    case equal(String)
    case notEqual(String)
    case matching(LabelRegex)
    case notMatching(LabelRegex)

    func accepts(_ value: String) -> Bool {
        switch self {
        case .equal(let wanted): value == wanted
        case .notEqual(let unwanted): value != unwanted
        case .matching(let pattern): pattern.matches(value)
        case .notMatching(let pattern): !pattern.matches(value)
        }
    }
}

extension LabelMatcher: CustomStringConvertible {
    var sign: String {
        switch self {
        case .equal: "="
        case .notEqual: "!="
        case .matching: "=~"
        case .notMatching: "!~"
        }
    }

    /// The text after the sign.
    var operand: String {
        switch self {
        case .equal(let text), .notEqual(let text): text
        case .matching(let pattern), .notMatching(let pattern): pattern.text
        }
    }

    /// As written in a rule file: an exact value has no sign.
    package var description: String {
        if case .equal(let text) = self { return text }
        return "\(sign) \(operand)"
    }
}

extension Population {
    /// The labels that series of this population have.
    var labelNames: [String] {
        switch self {
        case .spans, .selfTimes: OperationLabels.names
        case .requests, .parts: RequestLabels.names
        }
    }

    /// The population whose series have the label.
    init?(label: String) {
        if OperationLabels.names.contains(label) || label == OperationLabels.role {
            self = .spans
        } else if RequestLabels.names.contains(label) {
            self = .requests
        } else {
            return nil
        }
    }
}

extension Selector {
    /// Reads a selector outside a rule file; reports problems and returns nil if there are any.
    package static func read(
        _ node: YAMLNode, in document: YAMLDocument, _ diagnostics: inout Diagnostics
    ) -> Selector? {
        var reader = RuleFileReader(
            document: document, diagnostics: diagnostics, maximumWindow: .max, exactWindow: .max, components: [])
        let before = diagnostics.count
        let selector = reader.readSelector(node, of: "select")
        diagnostics = reader.diagnostics
        return diagnostics.count == before ? selector : nil
    }
}
