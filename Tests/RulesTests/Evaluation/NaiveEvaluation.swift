import Engine
import TestSupport

@testable import Rules

/// The semantics of rules, computed slowly and obviously, to check the evaluator against.
enum NaiveEvaluation {
    /// Whether a rule holds for spans with given labels at each time, computed from the spans themselves.
    static func history(_ rule: Rule, _ combination: [String], _ window: FakeWindow, _ times: [Int64])
        -> [Bool?]
    {
        times.map { time in
            let spans = { (value: WindowValue) in
                let end = time - value.offset
                let inRange = window.entries.filter { (end - (value.over ?? rule.over)..<end).contains($0.end) }
                let chosen = inRange.filter { entry in
                    let labels = window.operations[entry.series]
                    return rule.by.map { labels[$0] ?? "" } == combination
                        && rule.selector.matches.allSatisfy { $0.matcher.accepts(labels[$0.label] ?? "") }
                }
                return (chosen, !inRange.isEmpty)
            }
            return truth(rule.condition.expression, over: rule.over, spans)
        }
    }

    /// The transitions of a history, as (time, new state), from what the states mean rather than step by step.
    static func states(_ history: [Bool?], _ times: [Int64], _ rule: Rule) -> [(
        time: Int64, state: AlertState
    )] {
        // No data changes nothing, so such evaluations can be left out.
        let known = zip(times, history).compactMap { time, holds in holds.map { (time: time, holds: $0) } }
        var changes: [(time: Int64, state: AlertState)] = []
        var index = 0
        while let active = known[index...].firstIndex(where: { $0.holds }) {
            let calm = known[active...].firstIndex { !$0.holds } ?? known.endIndex
            let fired = known[active..<calm].firstIndex { $0.time - known[active].time >= rule.holdFor }
            if fired != active { changes.append((known[active].time, .pending)) }
            guard let fired else {
                if calm < known.endIndex { changes.append((known[calm].time, .inactive)) }
                index = calm
                continue
            }
            changes.append((known[fired].time, .firing))
            // Resolved by the first evaluation that ends a long enough run of false ones.
            let resolved = known.indices[fired...].first { end in
                let lastBreach = known[...end].lastIndex { $0.holds } ?? fired
                return !known[end].holds && known[end].time - known[lastBreach + 1].time >= rule.keepFiringFor
            }
            guard let resolved else { break }
            changes.append((known[resolved].time, .resolved))
            index = resolved
        }
        return changes
    }

    // MARK: Conditions

    private typealias Spans = (WindowValue) -> (ofGroup: [FakeWindow.Entry], isAnyHeard: Bool)

    private static func truth(_ node: Expression, over: Int64, _ spans: Spans) -> Bool? {
        switch node.kind {
        case .not(let operand): return truth(operand, over: over, spans).map { !$0 }
        case .logic(let word, let left, let right):
            // Kleene: an unknown side matters only if the answer depends on it.
            let answers = Set(
                options(truth(left, over: over, spans)).flatMap { first in
                    options(truth(right, over: over, spans)).map { word == .and ? first && $0 : first || $0 }
                })
            return answers.count == 1 ? answers.first : nil
        case .comparison(let sign, let left, let right):
            guard let first = number(left, over, spans), let second = number(right, over, spans) else {
                return nil
            }
            switch sign {
            case .greater: return first > second
            case .greaterOrEqual: return first >= second
            case .less: return first < second
            case .lessOrEqual: return first <= second
            case .equal: return first == second
            case .notEqual: return first != second
            }
        default: return nil
        }
    }

    private static func options(_ truth: Bool?) -> [Bool] { truth.map { [$0] } ?? [true, false] }

    private static func number(_ node: Expression, _ over: Int64, _ spans: Spans) -> Double? {
        switch node.kind {
        case .literal(let literal): return literal.value
        case .negative(let operand): return number(operand, over, spans).map { 0 - $0 }
        case .arithmetic(let sign, let left, let right):
            guard let first = number(left, over, spans), let second = number(right, over, spans) else {
                return nil
            }
            switch sign {
            case .add: return first + second
            case .subtract: return first - second
            case .multiply: return first * second
            case .divide: return second == 0 ? nil : first / second
            }
        case .value(let value):
            let (spans, isAnyHeard) = spans(value)
            if value.measure == .seen, isAnyHeard { return Double(spans.count) }
            guard !spans.isEmpty else { return nil }
            let count = Double(spans.count)
            let traits = value.measure.traits
            switch traits.computation {
            // These spans have no attribution.
            case _ where traits.measured != [.durations]: return nil
            case .quantile:
                return Double(FakeWindow.statistics(spans, [traits.quantile ?? 0]).quantiles[0]) / 1e9
            case .mean: return spans.reduce(0.0) { $0 + Double($1.duration) } / count / 1e9
            case .max: return Double(spans.map(\.duration).max() ?? 0) / 1e9
            case .count, .seen: return count
            case .rate: return count / (Double(over) / 1e9)
            case .errors: return Double(spans.count(where: \.isError))
            case .errorRatio: return Double(spans.count(where: \.isError)) / count
            case .burnRate(let budget):
                let threshold = traits.threshold ?? 0
                return Double(spans.count { $0.isError || $0.duration > threshold }) / count / budget
            // Tested separately, over windows of real spans.
            case .slowdown, .growth, .share, .time, .none: return nil
            }
        default: return nil
        }
    }
}
