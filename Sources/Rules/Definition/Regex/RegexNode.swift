/// A parsed pattern.
indirect enum RegexNode: Equatable {
    case empty
    case one(ScalarSet)
    case assertStart
    case assertEnd
    case sequence([RegexNode])
    case alternatives([RegexNode])
    /// `most` nil: without an upper bound.
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

    /// The only scalar of the set; nil if there are none or several.
    var single: Unicode.Scalar? {
        guard ranges.count == 1, let range = ranges.first, range.lowerBound == range.upperBound, !isInverted
        else { return nil }
        return range.lowerBound
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar) } != isInverted
    }

    /// The set that a letter behind a backslash stands for.
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
