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

    /// Parses a template; throws every fault in it.
    /// - Parameters:
    ///   - labels: the labels of the rule's alerts; nil if unknown, which accepts any.
    ///   - dimension: what the alert's value measures; nil if unknown.
    package init(_ text: String, labels: Set<String>?, dimension: Dimension?) throws(ConditionErrors) {
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

/// How `$value` is formatted. The names are those of Prometheus.
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

    /// The filter to use instead if this one would turn the value into nonsense; nil if it fits.
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

/// Parses an annotation. Faults carry a position in its text, as those of conditions do.
struct TemplateParser {
    private let scalars: [Unicode.Scalar]
    private let labels: Set<String>?
    private let dimension: Dimension?
    private var position = 0
    private var parts: [AnnotationTemplate.Part] = []
    private var errors: [ConditionError] = []

    init(_ text: String, labels: Set<String>?, dimension: Dimension?) {
        scalars = Array(text.unicodeScalars)
        self.labels = labels
        self.dimension = dimension
    }

    mutating func parse() throws(ConditionErrors) -> [AnnotationTemplate.Part] {
        var literal = ""
        while position < scalars.count {
            let part: AnnotationTemplate.Part?
            if take("{{") {
                part = action()
            } else if take("$culprit") {
                part = .culprit
            } else {
                literal.unicodeScalars.append(scalars[position])
                position += 1
                continue
            }
            parts.append(.text(literal))
            literal = ""
            if let part { parts.append(part) }
        }
        parts.append(.text(literal))
        guard errors.isEmpty else { throw ConditionErrors(all: errors) }
        return parts.filter { $0 != .text("") }
    }

    /// Parses what is between `{{` and `}}`, and stops after the latter, or at the end of the text.
    private mutating func action() -> AnnotationTemplate.Part? {
        let start = position - 2
        guard
            let end = (position..<scalars.count).first(where: {
                scalars[$0...].starts(with: "}}".unicodeScalars)
            })
        else {
            report("\"{{\" without \"}}\"", at: start)
            position = scalars.count
            return nil
        }
        defer { position = end + 2 }
        skipSpaces()
        let namePosition = position
        let name = word(until: end)
        let filter = filter(until: end)
        switch name {
        case "$value": return value(filter)
        case "$culprit": return unfiltered(.culprit, filter)
        case _ where name.hasPrefix("$labels."):
            let label = String(name.dropFirst("$labels.".count))
            checkLabel(label, at: namePosition + "$labels.".count)
            return unfiltered(.label(label), filter)
        default:
            report(
                "unknown \(PrintableText.quote(name)) in a template; known are $labels.NAME, $value and $culprit",
                at: namePosition)
            return nil
        }
    }

    // MARK: Filters

    private typealias Filter = (filter: ValueFilter?, position: Int)

    /// The filter after a `|`; nil if there is none.
    private mutating func filter(until end: Int) -> Filter? {
        skipSpaces()
        guard position < end else { return nil }
        guard take("|") else {
            report(
                "expected \"|\" and a filter or \"}}\", but found \(PrintableText.quote(rest(until: end)))",
                at: position)
            return nil
        }
        skipSpaces()
        let start = position
        let name = word(until: end)
        let filter = ValueFilter(rawValue: name)
        if filter == nil {
            let known = ValueFilter.allCases.map(\.rawValue)
            report(
                "unknown filter \(PrintableText.quote(name)); \(Suggestion.hint(for: name, among: known))",
                at: start)
        }
        skipSpaces()
        if position < end {
            report("only one filter is possible, but found \(PrintableText.quote(rest(until: end)))", at: position)
        }
        return (filter, start)
    }

    private mutating func value(_ filter: Filter?) -> AnnotationTemplate.Part {
        if let used = filter?.filter, let dimension, let right = used.replacement(for: dimension) {
            report("$value is \(dimension.phrase) here; use \(right.rawValue)", at: filter?.position ?? 0)
        }
        return .value(filter?.filter)
    }

    private mutating func unfiltered(_ part: AnnotationTemplate.Part, _ filter: Filter?)
        -> AnnotationTemplate.Part
    {
        if let filter, filter.filter != nil { report("only $value takes a filter", at: filter.position) }
        return part
    }

    // MARK: Labels

    private mutating func checkLabel(_ label: String, at position: Int) {
        guard let labels, !labels.contains(label) else { return }
        report(
            "alerts of this rule have no label \(PrintableText.quote(label)); "
                + Suggestion.hint(for: label, among: labels.sorted()), at: position)
    }

    // MARK: Scalars

    private mutating func report(_ message: String, at position: Int) {
        errors.append(ConditionError(at: position, message))
    }

    private mutating func take(_ text: String) -> Bool {
        guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    private mutating func skipSpaces() {
        while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
    }

    private mutating func word(until end: Int) -> String {
        let start = position
        while position < end, scalars[position] != "|", !scalars[position].properties.isWhitespace {
            position += 1
        }
        return String(String.UnicodeScalarView(scalars[start..<position]))
    }

    private func rest(until end: Int) -> String {
        String(String.UnicodeScalarView(scalars[min(position, end)..<end]))
    }
}
