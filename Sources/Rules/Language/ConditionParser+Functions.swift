import Support

extension ConditionParser {
    /// Parses `burn_rate(objective, threshold, over)`, from its name on.
    mutating func burnRate() throws(ConditionError) -> Expression {
        let position = current.position
        step()
        try take(
            .openParenthesis,
            "\"(\": burn_rate takes an objective, a threshold and a window, as in burn_rate(99%, 1s, 1h)")
        let objective = current
        guard case .literal(let literal) = objective.kind, literal.dimension == .ratio else {
            throw unexpected("an objective such as 99.9%")
        }
        step()
        try take(.comma, "\",\" and a threshold")
        let threshold = try nanoseconds("a threshold such as 1s, above which a span is bad")
        try take(.comma, "\",\" and a window")
        let windowPosition = current.position
        let over = try nanoseconds("the length of a window such as 1h")
        guard over > 0 else { throw ConditionError(at: windowPosition, "a window is longer than 0s") }
        try take(.closeParenthesis, "\")\": burn_rate takes an objective, a threshold and a window")
        guard
            let rate = BurnRate(objectivePercent: String(literal.text.dropLast()), threshold: threshold, over: over)
        else {
            throw ConditionError(
                at: objective.position,
                "an objective is above 0% and below 100%, with up to six decimals, but found "
                    + PrintableText.quote(literal.text))
        }
        return Expression(.value(WindowValue(.burnRate(rate), offset: try offset())), at: position)
    }

    /// Parses `slowdown(pN, ago)`, from its name on.
    mutating func slowdown() throws(ConditionError) -> Expression {
        let position = current.position
        step()
        try take(
            .openParenthesis,
            "\"(\": slowdown takes a percentile and the time to compare with, as in slowdown(p50, 1m)")
        guard case .word(let word) = current.kind, case .quantile(let quantile) = Measure(name: word) else {
            throw unexpected("a percentile such as p50")
        }
        step()
        try take(.comma, "\",\" and the time to compare with")
        let agoPosition = current.position
        let ago = try nanoseconds("how long before to compare with, such as 1m")
        guard ago > 0 else {
            throw ConditionError(at: agoPosition, "slowdown compares with an earlier time, so not with 0s ago")
        }
        try take(.closeParenthesis, "\")\": slowdown takes a percentile and a duration")
        let slowdown = SlowdownRatio(quantile: quantile, ago: ago)
        return Expression(.value(WindowValue(.slowdown(slowdown), offset: try offset())), at: position)
    }

    private mutating func take(_ kind: ConditionToken.Kind, _ wanted: String) throws(ConditionError) {
        guard current.kind == kind else { throw unexpected(wanted) }
        step()
    }

    private mutating func nanoseconds(_ wanted: String) throws(ConditionError) -> Int64 {
        guard case .duration(_, let nanoseconds) = current.kind else { throw unexpected(wanted) }
        step()
        return nanoseconds
    }
}
