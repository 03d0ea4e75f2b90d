extension YAMLDocument {
    /// The place in the file of an offset (in Unicode scalars) into a scalar's text: exact for scalars on one
    /// line and literal blocks (`|`), the scalar's start for those that YAML folds.
    package func position(of offset: Int, in node: YAMLNode) -> SourcePosition {
        guard case .scalar(let text, let style) = node.kind else { return node.start }
        if style == .literal { return literalPosition(of: offset, in: text, node) }
        guard node.start.line == node.end.line else { return node.start }
        let written = Array(source.line(node.start.line).unicodeScalars.dropFirst(node.start.column - 1))
        let width =
            switch style {
            case .singleQuoted: 1 + Self.width(of: offset, in: written.dropFirst(), singleQuotedUnit)
            case .doubleQuoted: 1 + Self.width(of: offset, in: written.dropFirst(), doubleQuotedUnit)
            default: offset
            }
        return SourcePosition(line: node.start.line, column: node.start.column + width)
    }

    /// In a literal block, lines are the file's, indented.
    private func literalPosition(of offset: Int, in text: String, _ node: YAMLNode) -> SourcePosition {
        let before = String(String.UnicodeScalarView(text.unicodeScalars.prefix(offset)))
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        let number = node.start.line + lines.count
        let firstLine = text.split(separator: "\n").first ?? ""
        // All lines of a block are indented alike, as is the first that isn't empty.
        let indentation = (node.start.line + 1...max(node.end.line, node.start.line + 1)).lazy
            .map { source.line($0) }.first { $0.hasSuffix(firstLine) && !$0.isEmpty }
            .map { $0.unicodeScalars.count - firstLine.unicodeScalars.count }
        return SourcePosition(
            line: number, column: (indentation ?? 0) + (lines.last?.unicodeScalars.count ?? 0) + 1)
    }

    /// How many scalars of the file spell the first `offset` scalars of a quoted text.
    private static func width(
        of offset: Int, in written: ArraySlice<Unicode.Scalar>, _ unit: (ArraySlice<Unicode.Scalar>) -> Int
    ) -> Int {
        var rest = written
        for _ in 0..<offset {
            guard !rest.isEmpty else { break }
            rest = rest.dropFirst(unit(rest))
        }
        return written.count - rest.count
    }
}

/// The length of the first character of single-quoted text: `''` stands for a quote.
private func singleQuotedUnit(_ rest: ArraySlice<Unicode.Scalar>) -> Int {
    rest.starts(with: ["'", "'"]) ? 2 : 1
}

/// The length of the first character or escape of double-quoted text.
private func doubleQuotedUnit(_ rest: ArraySlice<Unicode.Scalar>) -> Int {
    guard rest.first == "\\" else { return 1 }
    return switch rest.dropFirst().first {
    case "x": 4
    case "u": 6
    case "U": 10
    default: 2
    }
}
