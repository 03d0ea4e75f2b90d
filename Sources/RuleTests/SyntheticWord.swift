import Rules

/// A word of a line that describes spans, or a text in double quotes.
struct SyntheticWord {
    var text: String
    /// Unicode scalars from the line's start.
    var position: Int
    var isQuoted: Bool

    /// The words of a line.
    static func words(of line: String) throws(ConditionError) -> [SyntheticWord] {
        var words: [SyntheticWord] = []
        let scalars = Array(line.unicodeScalars)
        var position = 0
        while position < scalars.count {
            if scalars[position].properties.isWhitespace {
                position += 1
                continue
            }
            let start = position
            let isQuoted = scalars[position] == "\""
            if isQuoted { position += 1 }
            let contents = position
            while position < scalars.count,
                isQuoted ? scalars[position] != "\"" : !scalars[position].properties.isWhitespace
            { position += 1 }
            if isQuoted, position == scalars.count { throw ConditionError(at: start, "a quote without its end") }
            let text = String(String.UnicodeScalarView(scalars[contents..<position]))
            words.append(SyntheticWord(text: text, position: start, isQuoted: isQuoted))
            if isQuoted { position += 1 }
        }
        return words
    }
}
