/// The text of an annotation with places to fill in: `{{ $labels.operation }} p99 is {{ $value | humanizeDuration }}`.
package struct AnnotationTemplate: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        case text(String)
        case label(String)
        case value(ValueFilter?)
        case culprit
    }

    package let text: String
    private let parts: [Part]

    /// Reads a template; throws all its faults.
    /// - Parameters:
    ///   - labels: the labels an alert of the rule has; nil if unknown, then any is taken.
    ///   - dimension: what the alert's value measures; nil if unknown.
    package init(_ text: String, labels: Set<String>?, dimension: Dimension?) throws(ConditionErrors) {
        var parser = TemplateParser(text, labels: labels, dimension: dimension)
        parts = try parser.parse()
        self.text = text
    }

    /// - Parameters:
    ///   - value: seconds, per second or 0...1; nil is no data.
    ///   - culprit: whose fault it is, in words.
    package func render(labels: [String: String], value: Double?, culprit: String = "not clear") -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .label(let name): labels[name] ?? ""
            case .value(let filter): value.map { filter?.apply($0) ?? HumanNumber.plain($0) } ?? "no data"
            case .culprit: culprit
            }
        }.joined()
    }
}

/// How `$value` is written. The names are Prometheus'.
enum ValueFilter: String, Hashable, Sendable, CaseIterable {
    case humanize
    case humanizeDuration
    case humanizePercentage

    func apply(_ value: Double) -> String {
        switch self {
        case .humanize: HumanNumber.scaled(value)
        case .humanizeDuration: HumanNumber.duration(seconds: value)
        case .humanizePercentage: HumanNumber.percentage(value)
        }
    }

    /// The filter to use instead for a value that this one would write nonsense of; nil if it fits.
    func replacement(for dimension: Dimension) -> ValueFilter? {
        switch (self, dimension) {
        case (.humanizeDuration, .ratio): .humanizePercentage
        case (.humanizeDuration, .rate), (.humanizeDuration, .count): .humanize
        case (.humanizePercentage, .time): .humanizeDuration
        case (.humanizePercentage, .rate), (.humanizePercentage, .count): .humanize
        default: nil
        }
    }
}
