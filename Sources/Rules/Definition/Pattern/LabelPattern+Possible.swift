extension LabelPattern {
    /// Whether there is any text that it matches.
    /// - Parameter alphabet: what texts are made of; nil for anything.
    func matchesSome(of alphabet: [Unicode.Scalar]?) -> Bool {
        struct Place: Hashable {
            var state = 0
            /// Whether something was read, so that no start comes any more.
            var isBehindStart = false
            /// Whether the end was asserted, so that nothing may be read any more.
            var isAtEnd = false
        }
        var open = [Place()]
        var seen: Set<Place> = []
        while let place = open.popLast() {
            guard seen.insert(place).inserted else { continue }
            var next = place
            next.state += 1
            switch program[place.state] {
            case .match: return true
            case .one(let set):
                guard !place.isAtEnd, set.isPossible(in: alphabet) else { continue }
                next.isBehindStart = true
                open.append(next)
            case .jump(let target):
                next.state = target
                open.append(next)
            case .split(let first, let second):
                for target in [first, second] {
                    next.state = target
                    open.append(next)
                }
            case .assertStart: if !place.isBehindStart { open.append(next) }
            case .assertEnd:
                next.isAtEnd = true
                open.append(next)
            }
        }
        return false
    }

    /// Whether it is one of the usual ways to write what matches everything.
    var isEverything: Bool { [".*", "^.*$", "(.*)"].contains(text) }
}

extension ScalarSet {
    fileprivate func isPossible(in alphabet: [Unicode.Scalar]?) -> Bool {
        if let alphabet { return alphabet.contains(where: contains) }
        // What is left out is apart from what is in at the ends of ranges.
        var ends: [UInt32] = [0, 0xE000]
        for range in ranges { ends += [range.lowerBound.value, range.upperBound.value + 1] }
        return ends.compactMap { Unicode.Scalar($0) }.contains(where: contains)
    }
}
