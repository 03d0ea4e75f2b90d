/// What comparisons of a condition can come out as, by what their values can be at all: a ratio is never above 1, a time
/// never below 0.
struct ComparisonRange {
    /// A comparison that comes out the same whatever is measured.
    struct Finding {
        var holds: Bool
        /// Where it stands, and why.
        var fault: ConditionError
    }

    static func findings(in expression: Expression) -> [Finding] {
        switch expression.kind {
        case .literal, .value, .arithmetic, .negative: []
        case .not(let operand): findings(in: operand)
        case .logic(_, let left, let right): findings(in: left) + findings(in: right)
        case .comparison(let sign, let left, let right): finding(expression, sign, left, right).map { [$0] } ?? []
        }
    }

    private static func finding(
        _ comparison: Expression, _ sign: ComparisonOperator, _ left: Expression, _ right: Expression
    ) -> Finding? {
        // One of constants is so whatever is measured, and plain to see.
        guard !comparison.values.isEmpty else { return nil }
        let truth = range(of: left).compared(sign, with: range(of: right)).subtracting(.noData)
        guard truth == .holds || truth == .fails else { return nil }
        let holds = truth == .holds
        let isLiteralLeft = if case .literal = left.kind { true } else { false }
        let (value, limit) = isLiteralLeft ? (right, left) : (left, right)
        let bounds = range(of: value)
        let dimension = value.simpleDimension
        var message = "\(comparison) \(holds ? "always" : "never") holds: \(value) is "
        message +=
            bounds.high < .greatestFiniteMagnitude
            ? "from \(text(bounds.low, dimension)) to \(text(bounds.high, dimension))"
            : "never below \(text(bounds.low, dimension))"
        if case .literal(let literal) = limit.kind, literal.dimension == .plain, dimension == .ratio,
            literal.value > 1, literal.value <= 100
        {
            message += "; did you mean \(literal.text)%?"
        }
        return Finding(holds: holds, fault: ConditionError(at: limit.position, message))
    }

    private static func text(_ bound: Double, _ dimension: Dimension?) -> String {
        switch dimension {
        case .ratio: HumanNumber.percentage(bound)
        case .time: "\(HumanNumber.plain(bound))s"
        default: HumanNumber.plain(bound)
        }
    }

    private static func range(of expression: Expression) -> PossibleNumber {
        switch expression.kind {
        case .literal(let literal): PossibleNumber(literal.value)
        case .value(let value): value.measure.range
        case .negative(let operand): -range(of: operand)
        case .arithmetic where expression.isErrorsByCount: .part
        case .arithmetic(let sign, let left, let right): range(of: left).combined(sign, with: range(of: right))
        // What is true or false is no number.
        case .not, .comparison, .logic: .anything
        }
    }
}

extension PossibleNumber {
    fileprivate static let part = PossibleNumber(between: 0, and: 1)
    fileprivate static let neverNegative = PossibleNumber(between: 0, and: .greatestFiniteMagnitude)
}

extension Measure {
    fileprivate var range: PossibleNumber {
        switch self {
        case .errorRatio, .share: .part
        // Where all are bad.
        case .burnRate(let rate): PossibleNumber(between: 0, and: 1 / rate.budget)
        default: .neverNegative
        }
    }
}

extension Expression {
    /// `errors / count`, which is an error ratio.
    fileprivate var isErrorsByCount: Bool {
        guard case .arithmetic(.divide, let left, let right) = kind, case .value(let errors) = left.kind,
            case .value(let count) = right.kind
        else { return false }
        return errors.measure == .errors && count.measure == .count && errors.offset == count.offset
    }

    /// The dimension of a value, or of a quotient that is one; nil for anything else.
    fileprivate var simpleDimension: Dimension? {
        if isErrorsByCount { return .ratio }
        guard case .value(let value) = kind else { return nil }
        return value.measure.dimension
    }
}
