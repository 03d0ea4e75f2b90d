/// A YAML file as nodes that know their positions.
package struct YAMLDocument {
    /// Bytes. A thousand rules take a fifth of this.
    package static let sizeLimit = 1 << 20

    /// nil if the file is empty.
    package let root: YAMLNode?
    let source: SourceText

    /// Parses a file's bytes. Reports problems: it leaves out what can be skipped (duplicate keys, tags), and fails on
    /// what can't, such as a syntax error.
    package init?(_ bytes: [UInt8], _ diagnostics: inout Diagnostics) {
        guard bytes.count <= Self.sizeLimit else {
            diagnostics.report(.start, "the file is larger than 1 MiB")
            return nil
        }
        guard Self.isReadable(bytes, &diagnostics) else { return nil }
        source = SourceText(bytes)
        do {
            var composer = try YAMLComposer(bytes)
            root = try composer.document(&diagnostics)
        } catch {
            YAMLSyntaxExplanation.report(error, in: source, &diagnostics)
            return nil
        }
    }

    private static func isReadable(_ bytes: [UInt8], _ diagnostics: inout Diagnostics) -> Bool {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            diagnostics.report(
                .start, "the file starts with a byte order mark (U+FEFF); save it as UTF-8 without one")
            return false
        }
        if bytes.starts(with: [0, 0, 0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE, 0, 0]) {
            diagnostics.report(.start, "the file is in UTF-32; save it as UTF-8")
            return false
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            diagnostics.report(.start, "the file is in UTF-16; save it as UTF-8")
            return false
        }
        do {
            _ = try UTF8Span(validating: bytes.span)
            return true
        } catch {
            let valid = Array(bytes[..<error.byteOffsets.lowerBound])
            diagnostics.report(
                SourceText(valid).position(ofByte: valid.count),
                "the byte 0x\(String(bytes[valid.count], radix: 16, uppercase: true)) is not UTF-8")
            return false
        }
    }
}

extension YAMLDocument {
    /// The position in the file of an offset, in Unicode scalars, into a scalar's text. Exact for scalars on one line and
    /// for literal blocks (`|`); the scalar's start for folded ones.
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

    /// The lines of a literal block are those of the file, indented.
    private func literalPosition(of offset: Int, in text: String, _ node: YAMLNode) -> SourcePosition {
        let before = String(String.UnicodeScalarView(text.unicodeScalars.prefix(offset)))
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        let number = node.start.line + lines.count
        let firstLine = text.split(separator: "\n").first ?? ""
        // All lines of a block are indented alike, so the first that isn't empty tells how far.
        let indentation = (node.start.line + 1...max(node.end.line, node.start.line + 1)).lazy
            .map { source.line($0) }.first { $0.hasSuffix(firstLine) && !$0.isEmpty }
            .map { $0.unicodeScalars.count - firstLine.unicodeScalars.count }
        return SourcePosition(
            line: number, column: (indentation ?? 0) + (lines.last?.unicodeScalars.count ?? 0) + 1)
    }

    /// How many scalars of the file the first `offset` scalars of a quoted text take.
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

/// The length of the first character of single-quoted text: `''` stands for one quote.
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

/// A file's text by line, to turn offsets into positions.
struct SourceText {
    private let bytes: [UInt8]
    /// The byte offset at which each line starts.
    private let lineStarts: [Int]

    /// - Parameter bytes: valid UTF-8.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        var index = 0
        while index < bytes.count {
            let length = Self.lineBreakLength(bytes[index...].prefix(3))
            index += max(length, 1)
            if length > 0 { starts.append(index) }
        }
        lineStarts = starts
    }

    /// The line with a number, counted from 1, without its line break; empty beyond the end.
    func line(_ number: Int) -> String {
        guard lineStarts.indices.contains(number - 1) else { return "" }
        let start = lineStarts[number - 1]
        let end = number < lineStarts.count ? lineStarts[number] : bytes.count
        var line = bytes[start..<end]
        while let last = line.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
            line.removeLast()
        }
        return String(decoding: line, as: UTF8.self)
    }

    var lineCount: Int { lineStarts.count }

    func position(ofByte offset: Int) -> SourcePosition {
        let offset = min(max(offset, 0), bytes.count)
        // lineStarts begins with 0, so some start is at or before any offset.
        let line = lineStarts.lastIndex { $0 <= offset } ?? 0
        let prefix = String(decoding: bytes[lineStarts[line]..<offset], as: UTF8.self)
        return SourcePosition(line: line + 1, column: prefix.unicodeScalars.count + 1)
    }

    /// The line breaks that libyaml knows: LF, CR, CRLF, NEL, LS and PS.
    private static func lineBreakLength(_ bytes: ArraySlice<UInt8>) -> Int {
        switch bytes.first {
        case 0x0A: 1
        case 0x0D: bytes.dropFirst().first == 0x0A ? 2 : 1
        case 0xC2: bytes.dropFirst().first == 0x85 ? 2 : 0
        case 0xE2:
            bytes.elementsEqual([0xE2, 0x80, 0xA8]) || bytes.elementsEqual([0xE2, 0x80, 0xA9]) ? 3 : 0
        default: 0
        }
    }
}
