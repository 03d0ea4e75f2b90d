import Engine
import Notify
import Rules
import YAML

/// An arbitrary rule file is either accepted and usable, or refused with problems that have positions inside it and
/// are safe to print.
package enum RuleFileCheck {
    private static let maximumWindow: Int64 = 7_200_000_000_000

    package static func check(_ contents: RawSpan) throws(Finding) {
        let bytes = contents.array
        let file: RuleFile
        do throws(Diagnostics) {
            file = try RuleFile(bytes, file: "rules.yaml", maximumWindow: maximumWindow) {
                _ = AlertSinks.read($0, &$1)
            }
        } catch {
            return try ProblemsCheck.check(error, of: bytes)
        }
        for rule in file.groups.flatMap(\.rules) { try check(rule) }
    }

    // MARK: Accepted

    private static func check(_ rule: Rule) throws(Finding) {
        try checkCondition(rule.condition)
        try require(
            rule.over >= 0 && rule.over <= maximumWindow && rule.holdFor >= 0 && rule.keepFiringFor >= 0,
            "durations of \(rule)")
        let values = ["", "apiserver", "etcdserverpb.KV/Range", String(repeating: "a", count: 300)]
        for value in values {
            _ = rule.selector.selects { _ in value }
            for template in rule.annotations.values {
                for number in [nil, 0, -1.5, 1e300, 0x1p-1074] {
                    _ = template.render(labels: ["operation": value], value: number)
                }
            }
        }
        for count in [0, 1, 1_000_000] { try evaluate(rule, count: count) }
    }

    /// A condition that is written out parses as the same condition.
    private static func checkCondition(_ condition: Condition) throws(Finding) {
        let text = condition.expression.description
        let again: Condition
        do throws(ConditionErrors) {
            again = try Condition(text, of: condition.durations == nil ? .window : .single)
        } catch {
            throw Finding("\(condition.text) written out is refused: \(text): \(error)")
        }
        try require(again == condition, "\(condition.text) written out means something else: \(text)")
    }

    private static func evaluate(_ rule: Rule, count: Int) throws(Finding) {
        var statistics = LatencyStatistics()
        statistics.count = count
        statistics.errors = count / 2
        statistics.sum = Int128(count) * 1_000_000
        statistics.max = .max
        let inputs = rule.condition.inputs
        if let durations = rule.condition.durations {
            try require(!durations.ranges.isEmpty, "\(rule.condition.text) holds for no duration")
            return
        }
        var values = EvaluationInputs(of: inputs, over: rule.over)
        for (index, fractions) in inputs.quantiles.enumerated() {
            statistics.quantiles = count > 0 ? fractions.map { _ in 1_000_000 } : []
            statistics.bad = count > 0 ? inputs.thresholds[index].map { _ in count / 3 } : []
            let wanted = inputs.measured(in: index)
            values.ranges[index].fill(statistics, of: wanted, wanted: wanted)
        }
        let truth = rule.condition.judge(values)
        try require(truth.isExact, "\(rule.condition.text) has no one answer to what is known exactly")
        try require(rule.condition.subjectValue(values).isExact, "\(rule.condition.text) has no one value")
    }
}
