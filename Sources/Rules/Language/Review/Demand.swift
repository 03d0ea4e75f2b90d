/// A comparison that must hold in one branch of a condition: one of its comparisons, or the opposite of one.
struct Demand {
    let sign: ComparisonOperator
    let left: Expression
    let right: Expression
    /// Whether the condition negates it.
    let isNegated: Bool

    /// Where to report a problem: on the right side, because limits are wrong more often than values.
    var position: Int {
        if case .literal = left.kind { left.position } else { right.position }
    }

    var opposite: Demand {
        Demand(sign: sign.opposite, left: left, right: right, isNegated: !isNegated)
    }

    /// The comparison as an expression.
    var expression: Expression { Expression(.comparison(sign, left, right)) }

    /// The branches of a condition: it holds if all comparisons of any branch do. nil if there are too many to examine.
    static func branches(of condition: Expression, isNegated: Bool = false) -> [[Demand]]? {
        switch condition.kind {
        // None of these is a condition.
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
    /// The operator that holds when this one doesn't.
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
