extension LabelRegex {
    /// Whether the pattern matches any text at all.
    /// - Parameter alphabet: the characters of such texts; nil for any.
    func matchesSome(of alphabet: [Unicode.Scalar]?) -> Bool {
        struct State: Hashable {
            /// The next instruction.
            var instruction = 0
            /// Whether a character has been read, so `^` can no longer match.
            var isBehindStart = false
            /// Whether `$` has matched, so nothing more may be read.
            var isAtEnd = false
        }
        var open = [State()]
        var seen: Set<State> = []
        while let state = open.popLast() {
            guard seen.insert(state).inserted else { continue }
            var next = state
            next.instruction += 1
            switch program[state.instruction] {
            case .match: return true
            case .one(let set):
                guard !state.isAtEnd, set.isPossible(in: alphabet) else { continue }
                next.isBehindStart = true
                open.append(next)
            case .jump(let target):
                next.instruction = target
                open.append(next)
            case .split(let first, let second):
                for target in [first, second] {
                    next.instruction = target
                    open.append(next)
                }
            case .assertStart: if !state.isBehindStart { open.append(next) }
            case .assertEnd:
                next.isAtEnd = true
                open.append(next)
            }
        }
        return false
    }

    /// Whether this is one of the usual patterns that match everything.
    var isEverything: Bool { [".*", "^.*$", "(.*)"].contains(text) }
}

extension ScalarSet {
    fileprivate func isPossible(in alphabet: [Unicode.Scalar]?) -> Bool {
        if let alphabet { return alphabet.contains(where: contains) }
        // If any scalar is in the set, one is at an end of the ranges or next to one.
        var ends: [UInt32] = [0, 0xE000]
        for range in ranges { ends += [range.lowerBound.value, range.upperBound.value + 1] }
        return ends.compactMap { Unicode.Scalar($0) }.contains(where: contains)
    }
}

extension LabelRegex {
    /// All texts that the pattern matches, if it is a short list of words such as `get|list`; else nil.
    var words: [String]? {
        guard let node = try? RegexParser.parse(text) else { return nil }
        return node.words
    }
}

extension RegexNode {
    /// Nobody writes longer lists.
    private static let wordsMax = 64

    fileprivate var words: [String]? {
        switch self {
        // Anchors are redundant: a pattern always matches the whole text.
        case .empty, .assertStart, .assertEnd: [""]
        case .one(let set): set.single.map { [String($0)] }
        case .sequence(let parts): parts.reduce([""]) { Self.joined($0, $1.words) }
        case .alternatives(let branches):
            branches.reduce([]) { (all: [String]?, branch) in
                guard let all, let words = branch.words, all.count + words.count <= Self.wordsMax else { return nil }
                return all + words
            }
        case .repeated(let part, let least, let most): Self.repeated(part, least, most)
        }
    }

    private static func joined(_ starts: [String]?, _ ends: [String]?) -> [String]? {
        guard let starts, let ends, starts.count * ends.count <= wordsMax else { return nil }
        return starts.flatMap { start in ends.map { start + $0 } }
    }

    private static func repeated(_ part: RegexNode, _ least: Int, _ most: Int?) -> [String]? {
        guard let most, most <= 4 else { return nil }
        var all: [String] = []
        var words: [String]? = [""]
        for count in 0...most {
            guard let known = words, all.count + known.count <= wordsMax else { return nil }
            if count >= least { all += known }
            words = joined(words, part.words)
        }
        return all
    }
}
