/// A comparison that has to hold for one way in which a condition can hold: one of its comparisons, or what that is not.
struct Demand {
    let sign: ComparisonOperator
    let left: Expression
    let right: Expression
    /// Whether the condition has it behind "not".
    let isNegated: Bool

    /// Where it is told that something is wrong with it: what values are compared with is wrong more often than they are.
    var position: Int {
        if case .literal = left.kind { left.position } else { right.position }
    }

    var opposite: Demand {
        Demand(sign: sign.opposite, left: left, right: right, isNegated: !isNegated)
    }

    /// Its parts in one expression.
    var expression: Expression { Expression(.comparison(sign, left, right)) }

    /// The ways in which a condition can hold, each by the comparisons that all have to; nil where there are too many to
    /// look at.
    static func branches(of condition: Expression, isNegated: Bool = false) -> [[Demand]]? {
        switch condition.kind {
        // Of these none stands where a condition does.
        case .literal, .value, .negative, .arithmetic: return [[]]
        case .not(let operand): return branches(of: operand, isNegated: !isNegated)
        case .comparison(let sign, let left, let right):
            let sign = isNegated ? sign.opposite : sign
            return [[Demand(sign: sign, left: left, right: right, isNegated: isNegated)]]
        case .logic(let word, let left, let right):
            guard let first = branches(of: left, isNegated: isNegated),
                let second = branches(of: right, isNegated: isNegated)
            else { return nil }
            if (word == .or) != isNegated { return first.count + second.count <= branchesMax ? first + second : nil }
            guard first.count * second.count <= branchesMax else { return nil }
            return first.flatMap { left in second.map { left + $0 } }
        }
    }

    private static let branchesMax = 64

    /// Every comparison of a condition, in source order.
    static func all(in condition: Expression, isNegated: Bool = false) -> [Demand] {
        switch condition.kind {
        case .literal, .value, .negative, .arithmetic, .comparison:
            branches(of: condition, isNegated: isNegated)?.first ?? []
        case .not(let operand): all(in: operand, isNegated: !isNegated)
        case .logic(_, let left, let right):
            all(in: left, isNegated: isNegated) + all(in: right, isNegated: isNegated)
        }
    }
}

extension ComparisonOperator {
    /// The operator that holds where this one doesn't.
    fileprivate var opposite: ComparisonOperator {
        switch self {
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .equal: .notEqual
        case .notEqual: .equal
        }
    }
}
