import Engine
import Support

extension YAMLNode {
    /// The text of a scalar. `what` names the field in messages.
    package func string(_ what: String, _ diagnostics: inout RuleDiagnostics) -> String? {
        guard case .scalar(let text, _) = kind, !isNull else {
            diagnostics.report(start, "\(what) is text, but found \(phrase)")
            return nil
        }
        return text
    }

    /// A duration, in nanoseconds.
    package func duration(_ what: String, atLeast least: Int64 = 0, _ diagnostics: inout RuleDiagnostics) -> Int64? {
        guard case .scalar(let text, _) = kind, let duration = DurationText.parse(text), duration >= least else {
            let lower = least > 0 ? "at least \(DurationText.format(least)) and " : ""
            diagnostics.report(
                start,
                "\(what) is a duration such as 30s, 5m or 1h30m, \(lower)at most "
                    + "\(DurationText.format(TimeLimits.longest)), but found \(phrase)")
            return nil
        }
        return duration
    }

    /// The elements of a list.
    package func list(_ what: String, _ diagnostics: inout RuleDiagnostics) -> [YAMLNode]? {
        guard case .sequence(let elements) = kind else {
            diagnostics.report(start, "\(what) is a list, but found \(phrase)")
            return nil
        }
        return elements
    }

    /// The entries of a mapping whose keys are the user's.
    package func entries(_ what: String, _ diagnostics: inout RuleDiagnostics) -> [Entry]? {
        guard case .mapping(let entries) = kind else {
            diagnostics.report(start, "\(what) is a mapping, but found \(phrase)")
            return nil
        }
        return entries
    }

    /// One of a few words.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ what: String, of _: Choice.Type, _ diagnostics: inout RuleDiagnostics
    ) -> Choice? {
        if case .scalar(let text, _) = kind, let choice = Choice(rawValue: text) { return choice }
        let choices = Choice.allCases.map(\.rawValue).joined(separator: " or ")
        diagnostics.report(start, "\(what) is \(choices), but found \(phrase)")
        return nil
    }
}
