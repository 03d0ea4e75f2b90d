package import Engine

/// Which series of a population a rule is about: those whose labels all match.
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
    /// In the order of the file.
    package var matches: [Match]

    package init(population: Population, matches: [Match]) {
        self.population = population
        self.matches = matches
    }

    package func selects(_ valueOf: (_ label: String) -> String?) -> Bool {
        matches.allSatisfy { match in valueOf(match.label).map(match.matcher.accepts) ?? false }
    }
}

/// What a label's value has to be.
package enum LabelMatcher: Hashable, Sendable {
    case equal(String)
    case notEqual(String)
    case matching(LabelRegex)
    case notMatching(LabelRegex)

    package func accepts(_ value: String) -> Bool {
        switch self {
        case .equal(let wanted): value == wanted
        case .notEqual(let unwanted): value != unwanted
        case .matching(let pattern): pattern.matches(value)
        case .notMatching(let pattern): !pattern.matches(value)
        }
    }
}

extension LabelMatcher: CustomStringConvertible {
    package var sign: String {
        switch self {
        case .equal: "="
        case .notEqual: "!="
        case .matching: "=~"
        case .notMatching: "!~"
        }
    }

    /// What stands behind the sign.
    package var operand: String {
        switch self {
        case .equal(let text), .notEqual(let text): text
        case .matching(let pattern), .notMatching(let pattern): pattern.text
        }
    }

    /// As a rule file has it: an exact value stands for itself.
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

    /// The population whose series have a label.
    package init?(label: String) {
        if OperationLabels.names.contains(label) {
            self = .spans
        } else if RequestLabels.names.contains(label) {
            self = .requests
        } else {
            return nil
        }
    }
}
