import Notify
import Rules
import TestSupport

/// Rule files for tests.
enum RuleText {
    /// How far back rules of tests may reach: two hours.
    static let window = 120 * minute
    /// How far back single spans are kept: one hour.
    static let exactWindow = 60 * minute

    static func load(_ text: String) throws -> RuleFile {
        try RuleFile(Array(text.utf8), file: "rules.yaml", maximumWindow: window, exactWindow: exactWindow) {
            _ = AlertSinks.read($0, &$1)
        }
    }

    /// A group of one rule made of the given lines.
    static func group(interval: String = "15s", _ rule: [String]) -> String {
        "groups:\n  - name: g\n    interval: \(interval)\n    rules:\n      - "
            + rule.joined(separator: "\n        ") + "\n"
    }

    static func evaluator(interval: String = "15s", _ rule: String...) throws -> RuleEvaluator {
        RuleEvaluator(try load(group(interval: interval, rule)).groups)
    }
}
