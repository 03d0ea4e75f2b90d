import Support

/// Finds the parts of a condition that don't depend on measurements: a ratio is never above 1, a percentile never above a
/// higher one. A condition that can never hold is an error; a part that can never hold, or always holds, is a warning.
struct ConditionReview {
    private(set) var errors: [ConditionError] = []
    private(set) var warnings: [ConditionError] = []

    init(_ condition: Expression) {
        guard !condition.values.isEmpty else {
            let position = Demand.all(in: condition).first?.position ?? condition.position
            let message = "the condition compares constants, and is the same whatever is measured"
            errors = [ConditionError(at: position, message)]
            return
        }
        let comparisons = Demand.all(in: condition)
        let dead = comparisons.filter { !Conjunction.isPossible([$0]) }
        // With too many branches, judge only the comparisons that all of them share.
        let branches = Demand.branches(of: condition) ?? [Self.commonDemands(condition)]
        let deadBranches = branches.filter { !Conjunction.isPossible($0) }
        let never = deadBranches.count == branches.count
        var problems = dead.map { Self.problem(of: $0) }
        for branch in deadBranches where branch.allSatisfy({ Conjunction.isPossible([$0]) }) {
            let problem = Self.contradiction(in: branch, isAll: never)
            if !problems.contains(problem) { problems.append(problem) }
        }
        if never {
            errors = problems
            return
        }
        let alive = comparisons.filter { !Conjunction.isPossible([$0.opposite]) && Conjunction.isPossible([$0]) }
        warnings = problems + alive.map { Self.problem(of: $0) }
        let isAlways = Demand.branches(of: condition, isNegated: true)?.allSatisfy { !Conjunction.isPossible($0) }
        if warnings.isEmpty, isAlways == true {
            warnings = [ConditionError(at: 0, "the condition always holds, whatever is measured")]
        }
    }

    /// The comparisons that must hold in every branch.
    private static func commonDemands(_ condition: Expression) -> [Demand] {
        condition.conjuncts.flatMap { conjunct -> [Demand] in
            guard let branches = Demand.branches(of: conjunct), branches.count == 1 else { return [] }
            return branches[0]
        }
    }

    // MARK: Messages

    /// Why a comparison doesn't depend on measurements.
    private static func problem(of demand: Demand) -> ConditionError {
        let comparison = demand.isNegated ? demand.opposite : demand
        let holds = Conjunction.isPossible([comparison])
        return ConditionError(
            at: demand.position,
            "\(comparison.expression) \(holds ? "always" : "never") holds: \(reason(comparison, holds: holds))")
    }

    private static func reason(_ comparison: Demand, holds: Bool) -> String {
        let (left, right) = (comparison.left, comparison.right)
        if left.values.isEmpty, right.values.isEmpty { return "it compares constants" }
        if left == right { return "both sides are the same" }
        if case .value(let first) = left.kind, case .value(let second) = right.kind {
            let isLess = comparison.sign == .less || comparison.sign == .lessOrEqual
            let (lower, upper) = holds == isLess ? (first, second) : (second, first)
            if lower.isNeverAbove(upper) { return "\(lower) is never above \(upper)" }
        }
        let (value, limit) = left.values.isEmpty ? (right, left) : (left, right)
        guard limit.values.isEmpty, let range = value.simpleRange else { return "no spans can change that" }
        let dimension = value.simpleDimension
        var reason = "\(value) is "
        reason +=
            range.high.isFinite
            ? "from \(text(range.low, dimension)) to \(text(range.high, dimension))"
            : "never below \(text(range.low, dimension))"
        if case .literal(let literal) = limit.kind, literal.dimension == .plain, dimension == .ratio,
            literal.value > 1, literal.value <= 100
        {
            reason += "; did you mean \(literal.text)%?"
        }
        return reason
    }

    private static func text(_ bound: Double, _ dimension: Dimension?) -> String {
        switch dimension {
        case .ratio: HumanNumber.percentage(bound)
        case .time: DurationText.format(Int64(bound * 1e9))
        default: HumanNumber.plain(bound)
        }
    }

    /// A minimal set of comparisons that can't hold together.
    private static func contradiction(in branch: [Demand], isAll: Bool) -> ConditionError {
        var core = branch
        for index in branch.indices.reversed() {
            var fewer = core
            fewer.remove(at: index)
            if !Conjunction.isPossible(fewer) { core = fewer }
        }
        let parts = core.map { PrintableText.quote("\($0.expression)") }
        let list = parts.listed()
        let effect = isAll ? "the condition never holds" : "this side of \"or\" never holds"
        return ConditionError(
            at: core.last?.position ?? 0, "\(list) can't \(parts.count == 2 ? "both hold" : "hold together"): \(effect)"
        )
    }
}

extension Expression {
    private var simpleValue: WindowValue? {
        if isErrorsByCount { return WindowValue(.errorRatio) }
        guard case .value(let value) = kind else { return nil }
        return value
    }

    /// The dimension of a value, or of `errors / count`; nil for anything else.
    fileprivate var simpleDimension: Dimension? { simpleValue?.measure.dimension }

    fileprivate var simpleRange: LawfulRange? { simpleValue?.measure.traits.range }
}
