/// Text in columns of a terminal, cut or broken so that it never wraps.
extension String {
    /// Columns that a terminal takes for it.
    package var columns: Int { reduce(0) { $0 + $1.columns } }

    /// Padded on the left.
    package func right(_ width: Int) -> String { String(repeating: " ", count: max(width - columns, 0)) + self }

    /// Padded on the right.
    package func left(_ width: Int) -> String { self + String(repeating: " ", count: max(width - columns, 0)) }

    /// Without what exceeds a width.
    package func cut(_ width: Int) -> String {
        guard columns > width else { return self }
        return prefix(columns: width - 1) + "…"
    }

    /// Shortened in the middle, where names differ least.
    package func shortened(_ width: Int) -> String {
        guard columns > width else { return self }
        let tail = String(reversed()).prefix(columns: (width - 1) / 2)
        return prefix(columns: width - 1 - tail.columns) + "…" + String(tail.reversed())
    }

    private func prefix(columns width: Int) -> String {
        var text = ""
        var left = width
        for character in self {
            left -= character.columns
            guard left >= 0 else { break }
            text.append(character)
        }
        return text
    }

    /// Broken between words. Words that are longer than a line are broken too.
    ///
    /// - Parameters:
    ///   - indent: of each line.
    ///   - hanging: further indent of all lines but the first.
    package func wrapped(_ width: Int, indent: Int = 0, hanging: Int = 0) -> [String] {
        var lines: [String] = []
        var line = ""
        func space() -> Int { max(width - indent - (lines.isEmpty ? 0 : hanging), 8) }
        func end() {
            lines.append(String(repeating: " ", count: indent + (lines.isEmpty ? 0 : hanging)) + line)
            line = ""
        }
        for word in split(separator: " ") {
            var word = String(word)
            if !line.isEmpty, line.columns + 1 + word.columns > space() { end() }
            while word.columns > space() {
                line = word.prefix(columns: space())
                word = String(word.dropFirst(line.count))
                end()
            }
            line += line.isEmpty ? word : " " + word
        }
        if !line.isEmpty { end() }
        return lines
    }
}

extension Character {
    /// 2 for what East Asian Width (Unicode, annex 11) has as wide, and for emoji.
    fileprivate var columns: Int {
        guard let scalar = unicodeScalars.first, scalar.value >= 0x1100 else { return 1 }
        let isWide =
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
                0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
                true
            default: scalar.properties.isEmojiPresentation || unicodeScalars.contains { $0.value == 0xFE0F }
            }
        return isWide ? 2 : 1
    }
}
