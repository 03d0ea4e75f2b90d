/// Parses a regular expression. From loosest to tightest: `|`, sequence, `* + ? {m,n}`, one character or group.
struct RegexParser {
    static let depthLimit = 32
    /// The largest bound of `{m,n}`, as in RE2.
    static let repetitionLimit = 1000

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    static func parse(_ text: String) throws(RegexError) -> RegexNode {
        var parser = RegexParser(scalars: Array(text.unicodeScalars))
        let node = try parser.alternatives()
        guard parser.peek() == nil else { throw parser.error("\")\" without \"(\"") }
        return node
    }

    private init(scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    // MARK: Structure

    private mutating func alternatives() throws(RegexError) -> RegexNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(RegexError) -> RegexNode {
        var parts: [RegexNode] = []
        while let scalar = peek(), scalar != "|", scalar != ")" { parts.append(try repetition()) }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repetition() throws(RegexError) -> RegexNode {
        let start = position
        let part = try atom()
        guard let (least, most) = try bounds() else { return part }
        // A lazy `*?` matches the same whole values as `*`; only `**` is a mistake.
        _ = take("?")
        if let scalar = peek(), ["*", "+", "?", "{"].contains(scalar) { throw error("nothing to repeat") }
        if part == .assertStart || part == .assertEnd { throw error("nothing to repeat", at: start) }
        return .repeated(part, least: least, most: most)
    }

    /// The bounds of the repetition that follows, if any.
    private mutating func bounds() throws(RegexError) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard peek() == "{" else { return nil }
        let start = position
        position += 1
        let least = number()
        let most = take(",") ? number() : least
        let isOpenEnded = position > start + 1 && scalars[position - 1] == ","
        guard let least, take("}"), isOpenEnded || most != nil, least <= most ?? least,
            max(least, most ?? 0) <= Self.repetitionLimit
        else {
            throw error(
                "a repetition is {m}, {m,} or {m,n}, up to \(Self.repetitionLimit); write \\{ for the character",
                at: start)
        }
        return (least, isOpenEnded ? nil : most)
    }

    private mutating func number() -> Int? {
        let start = position
        while let scalar = peek(), ("0"..."9").contains(scalar) { position += 1 }
        return Int(String(String.UnicodeScalarView(scalars[start..<position])))
    }

    private mutating func atom() throws(RegexError) -> RegexNode {
        let start = position
        guard let scalar = peek() else { return .empty }
        position += 1
        switch scalar {
        case ".": return .one(.any)
        case "^": return .assertStart
        case "$": return .assertEnd
        case "(": return try group(from: start)
        case "[": return .one(try characterClass(from: start))
        case "\\": return .one(try escape(from: start))
        case "*", "+", "?": throw error("nothing to repeat", at: start)
        default: return .one(ScalarSet(ranges: [scalar...scalar]))
        }
    }

    private mutating func group(from start: Int) throws(RegexError) -> RegexNode {
        depth += 1
        guard depth <= Self.depthLimit else {
            throw error("groups are nested more than \(Self.depthLimit) deep", at: start)
        }
        if take("?"), !take(":") {
            throw error("only (…) and (?:…) are known: no flags, names or lookaround", at: start)
        }
        let inner = try alternatives()
        guard take(")") else { throw error("\"(\" without \")\"", at: start) }
        depth -= 1
        return inner
    }

    // MARK: Characters

    private mutating func escape(from start: Int) throws(RegexError) -> ScalarSet {
        guard let letter = peek() else { throw error("nothing follows the backslash", at: start) }
        position += 1
        if let set = ScalarSet.escaped(letter) { return set }
        switch letter {
        case "n": return ScalarSet(ranges: ["\n"..."\n"])
        case "r": return ScalarSet(ranges: ["\r"..."\r"])
        case "t": return ScalarSet(ranges: ["\t"..."\t"])
        case _ where letter.properties.isAlphabetic || ("0"..."9").contains(letter):
            throw error(
                "unknown escape \\\(letter); known are \\d \\w \\s \\D \\W \\S \\n \\r \\t", at: start)
        default: return ScalarSet(ranges: [letter...letter])
        }
    }

    private mutating func characterClass(from start: Int) throws(RegexError) -> ScalarSet {
        var set = ScalarSet(ranges: [], isInverted: take("^"))
        var isFirst = true
        while let scalar = peek(), scalar != "]" || isFirst {
            isFirst = false
            let lower = try classMember(from: start)
            guard let first = lower.single, peek() == "-", let following = peek(1), following != "]" else {
                guard !lower.isInverted else {
                    throw error("\\\(scalars[position - 1]) within [] is not known", at: position - 2)
                }
                set.ranges += lower.ranges
                continue
            }
            let dash = position
            position += 1
            let upper = try classMember(from: start)
            guard let last = upper.single, first <= last else {
                throw error("a range goes from low to high", at: dash)
            }
            set.ranges.append(first...last)
        }
        guard take("]") else { throw error("\"[\" without \"]\"", at: start) }
        return set
    }

    private mutating func classMember(from start: Int) throws(RegexError) -> ScalarSet {
        let scalar = scalars[position]
        position += 1
        return scalar == "\\" ? try escape(from: position - 1) : ScalarSet(ranges: [scalar...scalar])
    }

    // MARK: Scalars

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        position += 1
        return true
    }

    private func error(_ message: String, at position: Int? = nil) -> RegexError {
        RegexError(position: position ?? self.position, message: message)
    }
}

/// A parsed pattern.
indirect enum RegexNode: Equatable {
    case empty
    case one(ScalarSet)
    case assertStart
    case assertEnd
    case sequence([RegexNode])
    case alternatives([RegexNode])
    /// Without an upper bound if `most` is nil.
    case repeated(RegexNode, least: Int, most: Int?)
}

/// A set of Unicode scalars: a literal, a class, or any.
struct ScalarSet: Equatable, Sendable {
    var ranges: [ClosedRange<Unicode.Scalar>]
    var isInverted = false

    static let any = ScalarSet(ranges: [], isInverted: true)
    static let digit = ScalarSet(ranges: ["0"..."9"])
    static let word = ScalarSet(ranges: ["0"..."9", "A"..."Z", "_"..."_", "a"..."z"])
    static let space = ScalarSet(ranges: ["\t"..."\n", "\u{C}"..."\r", " "..." "])

    var inverted: ScalarSet { ScalarSet(ranges: ranges, isInverted: !isInverted) }

    /// The set's only scalar; nil if it has none or several.
    var single: Unicode.Scalar? {
        guard ranges.count == 1, let range = ranges.first, range.lowerBound == range.upperBound, !isInverted
        else { return nil }
        return range.lowerBound
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar) } != isInverted
    }

    /// The set that a letter after a backslash stands for.
    static func escaped(_ letter: Unicode.Scalar) -> ScalarSet? {
        switch letter {
        case "d": digit
        case "D": digit.inverted
        case "w": word
        case "W": word.inverted
        case "s": space
        case "S": space.inverted
        default: nil
        }
    }
}
