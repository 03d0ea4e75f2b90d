import Support

/// The text of an annotation with placeholders, such as
/// `{{ $labels.operation }} p99 is {{ $value | humanizeDuration }}`.
package struct AnnotationTemplate: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        case text(String)
        case label(String)
        case value(ValueFilter?)
        case culprit
    }

    package let text: String
    private let parts: [Part]

    /// Parses a template; throws every problem in it.
    /// - Parameters:
    ///   - labels: the labels of the rule's alerts; nil if unknown, which accepts any.
    ///   - dimension: what the alert's value measures; nil if unknown.
    init(_ text: String, labels: Set<String>?, dimension: Dimension?) throws(ConditionErrors) {
        var parser = TemplateParser(text, labels: labels, dimension: dimension)
        parts = try parser.parse()
        self.text = text
    }

    /// - Parameters:
    ///   - value: in seconds, per second, or 0...1; nil means no data.
    ///   - culprit: the culprit in words.
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

/// How `$value` is formatted: as in our own texts, or as Prometheus does with its functions of the same names.
enum ValueFilter: String, Hashable, Sendable, CaseIterable {
    case duration
    case percentage
    case humanize
    case humanizeDuration
    case humanizePercentage

    func apply(_ value: Double) -> String {
        switch self {
        case .duration: durationText(seconds: value)
        case .percentage: percentText(value)
        case .humanize: HumanNumber.scaled(value)
        case .humanizeDuration: HumanNumber.duration(seconds: value)
        case .humanizePercentage: HumanNumber.percentage(value)
        }
    }

    /// The filter of Prometheus that comes closest.
    var prometheus: ValueFilter {
        switch self {
        case .duration: .humanizeDuration
        case .percentage: .humanizePercentage
        case .humanize, .humanizeDuration, .humanizePercentage: self
        }
    }

    /// The filter to use instead if this one would turn the value into nonsense; nil if it fits.
    func replacement(for dimension: Dimension) -> ValueFilter? {
        switch (self, dimension) {
        case (.duration, .ratio): .percentage
        case (.humanizeDuration, .ratio): .humanizePercentage
        case (.percentage, .time): .duration
        case (.humanizePercentage, .time): .humanizeDuration
        case (.duration, .rate), (.duration, .count), (.humanizeDuration, .rate), (.humanizeDuration, .count),
            (.percentage, .rate), (.percentage, .count), (.humanizePercentage, .rate), (.humanizePercentage, .count):
            .humanize
        default: nil
        }
    }
}
