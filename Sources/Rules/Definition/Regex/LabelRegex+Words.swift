extension LabelRegex {
    /// All that the pattern can match, where that is a short list of words such as `get|list`; else nil.
    var words: [String]? {
        guard let node = try? RegexParser.parse(text) else { return nil }
        return node.words
    }
}

extension RegexNode {
    /// More are no list that somebody wrote.
    private static let wordsMax = 64

    fileprivate var words: [String]? {
        switch self {
        // Anchors say nothing where a pattern has to match the whole.
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
