/// An instruction of a compiled pattern. Its index is its state.
enum PatternInstruction: Equatable {
    /// Reads a scalar of the set and continues with the next instruction.
    case one(ScalarSet)
    case jump(Int)
    case split(Int, Int)
    case assertStart
    case assertEnd
    case match
}

/// Compiles a parsed pattern (Thompson's construction).
struct RegexCompiler {
    private let limit: Int
    /// Nodes compiled so far. Repeating nothing, as in `(){1000}`, multiplies work without adding instructions.
    private var nodes = 0
    private var program: [PatternInstruction] = []

    init(limit: Int) {
        self.limit = limit
    }

    func finished() -> [PatternInstruction] { program + [.match] }

    private static let tooLarge = RegexError(position: 0, message: "the pattern is too large; repeat less")

    mutating func emit(_ node: RegexNode) throws(RegexError) {
        nodes += 1
        guard nodes <= 10 * limit else { throw Self.tooLarge }
        switch node {
        case .empty: break
        case .one(let set): try append(.one(set))
        case .assertStart: try append(.assertStart)
        case .assertEnd: try append(.assertEnd)
        case .sequence(let parts): for part in parts { try emit(part) }
        case .alternatives(let branches): try alternatives(branches)
        case .repeated(let part, let least, let most): try repeated(part, least: least, most: most)
        }
    }

    private mutating func append(_ instruction: PatternInstruction) throws(RegexError) {
        guard program.count < limit else { throw Self.tooLarge }
        program.append(instruction)
    }

    private mutating func alternatives(_ branches: [RegexNode]) throws(RegexError) {
        var exits: [Int] = []
        for (index, branch) in branches.enumerated() {
            guard index < branches.count - 1 else {
                try emit(branch)
                break
            }
            let split = program.count
            try append(.split(split + 1, split + 1))
            try emit(branch)
            exits.append(program.count)
            try append(.jump(program.count))
            program[split] = .split(split + 1, program.count)
        }
        for exit in exits { program[exit] = .jump(program.count) }
    }

    private mutating func repeated(_ part: RegexNode, least: Int, most: Int?) throws(RegexError) {
        for _ in 0..<least { try emit(part) }
        guard let most else {
            let split = program.count
            try append(.split(split + 1, split + 1))
            try emit(part)
            try append(.jump(split))
            program[split] = .split(split + 1, program.count)
            return
        }
        var splits: [Int] = []
        for _ in least..<max(most, least) {
            splits.append(program.count)
            try append(.split(program.count + 1, program.count + 1))
            try emit(part)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
    }
}
