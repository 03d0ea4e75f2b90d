/// A conjunct `count >= N` or `count > N` (or mirrored): how many spans it takes for the rest to mean anything.
/// Below it a condition is not false but unknown, so that a thin window neither fires nor resolves an alert.
package struct MinimumCount: Hashable, Sendable {
    /// Nanoseconds back: `count offset 1h >= 50` is a minimum of the window an hour ago.
    package var offset: Int64
    package var bound: Double
    var includesBound: Bool

    /// The minimum that a comparison states; nil if it states something else.
    init?(_ comparison: Expression) {
        guard case .comparison(let sign, let left, let right) = comparison.kind else { return nil }
        let (value, literal, direction): (Expression, Expression, ComparisonOperator)
        if case .literal = left.kind {
            (value, literal, direction) = (right, left, sign.mirrored)
        } else {
            (value, literal, direction) = (left, right, sign)
        }
        guard case .value(let window) = value.kind, window.measure == .count,
            case .literal(let bound) = literal.kind, direction == .greater || direction == .greaterOrEqual
        else { return nil }
        offset = window.offset
        self.bound = bound.value
        includesBound = direction == .greaterOrEqual
    }

    package func isMet(by count: Int) -> Bool {
        includesBound ? Double(count) >= bound : Double(count) > bound
    }

    /// The minimum counts of a condition. They stand in its outermost chain of `and`, beside something else:
    /// a rule that only says `count > 1000` is about the count itself.
    static func conjuncts(of expression: Expression) -> [MinimumCount] {
        let conjuncts = expression.conjuncts
        let minimums = conjuncts.compactMap { MinimumCount($0) }
        return minimums.count < conjuncts.count ? minimums : []
    }
}

extension Expression {
    /// The parts of the outermost chain of `and`, in source order.
    var conjuncts: [Expression] {
        guard case .logic(.and, let left, let right) = kind else { return [self] }
        return left.conjuncts + right.conjuncts
    }
}
