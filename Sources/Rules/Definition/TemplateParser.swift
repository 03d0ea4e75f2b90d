import Support

/// Parses an annotation. Problems carry a position in its text, as those of conditions do.
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
