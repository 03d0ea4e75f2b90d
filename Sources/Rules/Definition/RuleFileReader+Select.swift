import Engine
import Support
import YAML

extension RuleFileReader {
    /// Reads `select` or `match`: a mapping from labels to matchers.
    mutating func readSelector(_ node: YAMLNode, of field: String) -> Selector? {
        guard let entries = node.entries(field, &diagnostics) else { return nil }
        guard !entries.isEmpty else {
            diagnostics.report(node.start, "\(field) names at least one label; \(Self.labelListing)")
            return nil
        }
        var population: Population?
        var matches: [Selector.Match] = []
        for entry in entries {
            let labelIsFitting = fits(entry.key, &population, at: entry.keyPosition, in: field)
            guard let matcher = readMatcher(entry), labelIsFitting else { continue }
            matches.append(Selector.Match(label: entry.key, matcher: matcher))
        }
        if let problem = KnownValues.problemWithCombination(matches) {
            diagnostics.report(entries.first { $0.key == problem.label }?.value.start ?? node.start, problem.message)
        }
        // Spans and requests both have these; a selector of nothing else is over spans.
        if matches.contains(where: { SeriesLabels.common.contains($0.label) }) { population = population ?? .spans }
        return population.map { Selector(population: $0, matches: matches) }
    }

    /// Reads `by`: the labels that distinguish alerts.
    mutating func readGrouping(_ node: YAMLNode, population: Population?) -> [String]? {
        guard let elements = node.list("by", &diagnostics) else { return nil }
        var population = population
        var labels: [String] = []
        for element in elements {
            guard let label = element.string("a label in by", &diagnostics),
                fits(label, &population, at: element.start, in: "by")
            else { continue }
            if labels.contains(label) {
                diagnostics.report(element.start, "\(PrintableText.quote(label)) is listed twice in by")
            }
            labels.append(label)
        }
        return labels
    }

    // MARK: Labels

    private static let labelListing =
        "spans have \(OperationLabels.names.joined(separator: ", ")) and \(OperationLabels.role), "
        + "requests have \(RequestLabels.names.joined(separator: ", ")), "
        + "and both have \(SeriesLabels.common.joined(separator: " and "))"

    /// Whether a label exists and belongs to the same population as the first label.
    private mutating func fits(
        _ label: String, _ population: inout Population?, at position: SourcePosition, in field: String
    ) -> Bool {
        if SeriesLabels.common.contains(label) { return true }
        guard let own = Population(label: label) else {
            let near = Suggestion.nearest(
                to: label, among: OperationLabels.names + RequestLabels.names + SeriesLabels.common)
            let hint = near.map { "did you mean \(PrintableText.quote($0))?" } ?? Self.labelListing
            diagnostics.report(position, "unknown label \(PrintableText.quote(label)) in \(field); \(hint)")
            return false
        }
        guard population == nil || population == own else {
            diagnostics.report(
                position,
                "\"\(label)\" is a label of \(own.phrase), but the rule is over \(own.other.phrase); "
                    + "a rule is over one or the other: \(Self.labelListing)")
            return false
        }
        population = own
        return true
    }

    // MARK: Values

    private mutating func readMatcher(_ entry: YAMLNode.Entry) -> LabelMatcher? {
        guard case .scalar(let text, _) = entry.value.kind else {
            diagnostics.report(
                entry.value.start,
                "\(PrintableText.quote(entry.key)) must be text, or =~, !~ or != and text, but found \(entry.value.phrase)"
            )
            return nil
        }
        for (sign, isPattern) in [("=~", true), ("!~", true), ("!=", false)] where text.hasPrefix(sign) {
            let operand = text.dropFirst(2).drop { $0 == " " }
            let offset = text.unicodeScalars.count - operand.unicodeScalars.count
            let isExcluded = sign != "=~"
            guard isPattern else {
                check(String(operand), isExcluded: true, at: offset, of: entry)
                return .notEqual(String(operand))
            }
            guard let pattern = readPattern(String(operand), at: offset, in: entry.value) else { return nil }
            check(pattern, isExcluded: isExcluded, at: offset, of: entry)
            return isExcluded ? .notMatching(pattern) : .matching(pattern)
        }
        check(text, isExcluded: false, at: 0, of: entry)
        return .equal(text)
    }

    private mutating func readPattern(_ text: String, at offset: Int, in node: YAMLNode) -> LabelRegex? {
        do {
            return try LabelRegex(text)
        } catch {
            diagnostics.report(
                document.position(of: offset + error.position, in: node),
                "the regular expression \(PrintableText.quote(text)) is invalid: \(error.message)")
            return nil
        }
    }

    /// Reports a value that the label can never have.
    private mutating func check(_ value: String, isExcluded: Bool, at offset: Int, of entry: YAMLNode.Entry) {
        if let problem = KnownValues.problem(of: entry.key, value: value, isExcluded: isExcluded) {
            diagnostics.report(document.position(of: offset, in: entry.value), problem)
        } else if let doubt = KnownValues.doubt(of: entry.key, value: value) {
            diagnostics.warn(document.position(of: offset, in: entry.value), doubt)
        }
    }

    /// Reports a pattern that matches only impossible values, or excludes all possible ones.
    private mutating func check(_ pattern: LabelRegex, isExcluded: Bool, at offset: Int, of entry: YAMLNode.Entry) {
        let problem = pattern.words?.lazy
            .compactMap { KnownValues.problem(of: entry.key, value: $0, isExcluded: isExcluded) }.first
        if let problem { return diagnostics.report(document.position(of: offset, in: entry.value), problem) }
        if isExcluded ? pattern.isEverything : !pattern.matchesSome(of: KnownValues.alphabet(of: entry.key)) {
            if KnownValues.all(of: entry.key) == nil {
                return diagnostics.report(
                    document.position(of: offset, in: entry.value),
                    "\(PrintableText.quote(pattern.text)) matches \(isExcluded ? "every" : "no") value that "
                        + "\(PrintableText.quote(entry.key)) can have, so nothing is selected")
            }
        }
        guard let known = KnownValues.all(of: entry.key), !known.contains(where: { pattern.matches($0) != isExcluded })
        else { return }
        let listing = known.map { PrintableText.quote($0) }.joined(separator: ", ")
        diagnostics.report(
            document.position(of: offset, in: entry.value),
            "\(PrintableText.quote(pattern.text)) matches \(isExcluded ? "every" : "no") value that "
                + "\(PrintableText.quote(entry.key)) can have: \(listing)")
    }
}

extension Population {
    fileprivate var phrase: String {
        switch self {
        case .spans, .selfTimes: "spans"
        case .requests, .parts: "requests"
        }
    }

    fileprivate var other: Population {
        switch self {
        case .spans, .selfTimes: .requests
        case .requests, .parts: .spans
        }
    }
}
