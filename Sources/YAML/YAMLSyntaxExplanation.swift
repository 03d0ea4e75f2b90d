import Support

/// Explains syntax errors in terms of the text rather than the parser.
enum YAMLSyntaxExplanation {
    static func report(_ error: YAMLSyntaxError, in source: SourceText, _ diagnostics: inout Diagnostics) {
        let position =
            switch error.location {
            case .position(let position): position
            case .byte(let offset): source.position(ofByte: offset)
            }
        if reportTabs(near: position, in: source, &diagnostics) { return }
        let line = source.line(position.line).trimmingPrefix { $0 == " " }
        let near = line.isEmpty ? "" : "; near \(PrintableText.quote(String(line)))"
        diagnostics.report(position, "\(explanation(of: error.problem))\(near)")
    }

    /// If there is a tab near the error, the tab is the cause: reports every line that is indented with one.
    private static func reportTabs(
        near error: SourcePosition, in source: SourceText, _ diagnostics: inout Diagnostics
    ) -> Bool {
        // libyaml notices a tab on its line or, if the tab ends a construct early, on the next.
        let suspects = [error.line, error.line - 1].filter { tabColumn(source.line($0)) != nil }
        guard !suspects.isEmpty else { return false }
        for number in 1...max(source.lineCount, 1) where !diagnostics.isFull {
            guard let column = tabColumn(source.line(number)) else { continue }
            diagnostics.report(
                SourcePosition(line: number, column: column),
                "a tab before \(PrintableText.quote(source.line(number).trimmingPrefix(while: \.isWhitespace).description)); "
                    + "YAML is indented with spaces")
        }
        return true
    }

    /// The column of a tab in a line's indentation.
    private static func tabColumn(_ line: String) -> Int? {
        let indentation = line.unicodeScalars.prefix { $0 == " " || $0 == "\t" }
        guard indentation.count < line.unicodeScalars.count else { return nil }
        return indentation.firstIndex(of: "\t").map {
            indentation.distance(from: indentation.startIndex, to: $0) + 1
        }
    }

    private static func explanation(of problem: String) -> String {
        switch problem {
        case "mapping values are not allowed in this context":
            "unexpected \":\"; quote text that contains \": \", and check the indentation"
        case "could not find expected ':'":
            "expected \":\" after the name on this or the previous line"
        case "did not find expected key", "did not find expected '-' indicator":
            "this line doesn't fit the lines above it; check the indentation and the quotes"
        case "found character that cannot start any token":
            "unexpected character; quote text that starts with it"
        case "found unexpected end of stream":
            "the file ends inside quoted text"
        case "control characters are not allowed":
            "a control character; remove it"
        case _ where problem.hasPrefix("Maximum nesting level"):
            "nested too deep"
        default: problem
        }
    }
}
