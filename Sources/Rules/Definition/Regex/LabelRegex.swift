/// A regular expression that must match a label's whole value, anchored at both ends as in Prometheus.
///
/// Attackers can choose label values by naming spans, and a backtracking engine takes exponential time on some pairs of
/// pattern and text. This one steps a set of states over the text instead, so matching takes at most `instructionLimit`
/// × the text's length. It supports the part of RE2's syntax that allows this: literals, `.`, classes, groups, `|`,
/// `* + ? {m,n}`, `\d \w \s` and their negations, `^ $`.
package struct LabelRegex: Sendable {
    /// Unicode scalars of a pattern.
    static let lengthLimit = 1024
    /// Instructions of a compiled pattern; `{m,n}` multiplies them.
    static let instructionLimit = 2000

    let text: String
    let program: [PatternInstruction]

    init(_ text: String) throws(RegexError) {
        guard text.unicodeScalars.count <= Self.lengthLimit else {
            throw RegexError(position: 0, message: "a pattern has at most \(Self.lengthLimit) characters")
        }
        var compiler = RegexCompiler(limit: Self.instructionLimit)
        try compiler.emit(try RegexParser.parse(text))
        self.text = text
        program = compiler.finished()
    }

    /// Whether the pattern matches the whole of `value`.
    package func matches(_ value: String) -> Bool {
        var states = StateSet(capacity: program.count)
        var following = StateSet(capacity: program.count)
        let scalars = Array(value.unicodeScalars)
        follow(from: 0, into: &states, atStart: true, atEnd: scalars.isEmpty)
        for (index, scalar) in scalars.enumerated() {
            following.removeAll()
            for state in states.members {
                guard case .one(let set) = program[state], set.contains(scalar) else { continue }
                follow(from: state + 1, into: &following, atStart: false, atEnd: index == scalars.count - 1)
            }
            if following.members.isEmpty { return false }
            swap(&states, &following)
        }
        return states.members.contains { program[$0] == .match }
    }

    /// Adds a state and all states reachable from it without reading a scalar.
    private func follow(from state: Int, into states: inout StateSet, atStart: Bool, atEnd: Bool) {
        var open = [state]
        while let state = open.popLast() {
            guard states.insert(state) else { continue }
            switch program[state] {
            case .one, .match: break
            case .jump(let target): open.append(target)
            case .split(let first, let second): open += [second, first]
            case .assertStart: if atStart { open.append(state + 1) }
            case .assertEnd: if atEnd { open.append(state + 1) }
            }
        }
    }
}

extension LabelRegex: Hashable {
    package static func == (left: LabelRegex, right: LabelRegex) -> Bool { left.text == right.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// An error in a pattern. The position is in Unicode scalars.
struct RegexError: Error {
    var position: Int
    var message: String
}

/// A set of small integers that empties in constant time.
private struct StateSet {
    private(set) var members: [Int] = []
    /// The round in which each integer was last inserted.
    private var rounds: [Int]
    private var round = 1

    init(capacity: Int) {
        rounds = Array(repeating: 0, count: capacity)
    }

    mutating func insert(_ member: Int) -> Bool {
        guard rounds[member] != round else { return false }
        rounds[member] = round
        members.append(member)
        return true
    }

    mutating func removeAll() {
        members.removeAll(keepingCapacity: true)
        round += 1
    }
}
