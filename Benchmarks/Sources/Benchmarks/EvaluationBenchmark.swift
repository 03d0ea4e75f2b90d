import Engine
import Rules

/// What one evaluation of rules costs, every 15 seconds, while 2,000 spans a second come: against the spans in the
/// range that rules look at, the rules, and the operations. Beside it the same with every range measured anew.
enum EvaluationBenchmark {
    /// Seconds.
    private static let interval = 15
    private static let rate = 2_000
    private static let minute = 60

    static func run() throws {
        print("\nEvaluation every \(interval) s, \(rate) new spans a second, CPU")
        try title("50 rules on a service each, 500 operations") { spans in
            for over in [5, 50, 500, 5_000] {
                try spans.compare("\(grouped(over * rate)) spans in the range", rules: rules(50, over: over))
            }
        }
        try title("rules on a service each, 500 operations, a range of 5 minutes") { spans in
            for count in [10, 100, 1_000] {
                try spans.compare("\(grouped(count)) rules", rules: rules(count, over: 5 * minute))
            }
            try spans.compare(
                "1,000 rules, one rule in 100 in breach", rules: rules(1_000, over: 5 * minute, inBreach: 100))
        }
        try title("burn rates and single spans, rules on a service each, a range of 5 minutes") { spans in
            for thresholds in [10, 1_000] {
                try spans.compare(
                    "1,000 burn rates, \(grouped(thresholds)) thresholds",
                    rules: rules(1_000, over: 5 * minute) { number, threshold in
                        try Condition("burn_rate(99%, \(200 + number % thresholds)ms, 5m) > 14.4 and count >= 10")
                    })
            }
            for (name, least) in [("slower than any span", 200), ("slower than most", 20)] {
                try spans.compare(
                    "1,000 rules on single spans, \(name)",
                    rules: rules(1_000, over: 5 * minute) { number, _ in
                        try Condition("duration > \(least)ms + \(number)us", of: .single)
                    })
            }
        }
        print("  1,000 rules on all operations, a range of 5 minutes")
        for operations in [20, 200, 2_000] {
            var spans = EvaluationSpans(operations: operations, rate: rate)
            try spans.compare(
                "\(grouped(operations)) operations", rules: rules(1_000, over: 5 * minute, services: 1))
        }
    }

    private static func title(_ title: String, _ body: (inout EvaluationSpans) throws -> Void) rethrows {
        print("  " + title)
        var spans = EvaluationSpans(operations: 500, rate: rate)
        try body(&spans)
    }

    /// Rules of which no two are alike. The conditions of most are far from holding, as rules of a healthy system are.
    /// - Parameter services: how many there are; each rule selects one, or everything if there is one.
    private static func rules(
        _ count: Int, over: Int, services: Int = EvaluationSpans.services, inBreach: Int = .max,
        condition: (_ number: Int, _ threshold: Int) throws -> Condition = {
            try Condition("p99 > \($1)ms and count >= 10")
        }
    ) throws -> [RuleGroup] {
        let rules = try (0..<count).map { number in
            // Latencies are about 2 ms, at most 128 ms.
            let threshold = number % inBreach == inBreach - 1 ? 2 : 200 + number
            let service = LabelMatcher.equal(EvaluationSpans.service(number % services))
            return Rule(
                alert: "Rule\(number)",
                selector: Selector(
                    population: .spans,
                    matches: [.init(label: "service", matcher: services == 1 ? .notEqual("\(number)") : service)]),
                by: ["service", "operation"],
                condition: try condition(number, threshold), over: Int64(over) * 1_000_000_000)
        }
        return [RuleGroup(name: "benchmark", rules: rules)]
    }
}

extension EvaluationSpans {
    private static let rounds = 5

    /// Evaluates the rules a few times as time goes on, by sliding counts and by measuring, and prints the medians.
    fileprivate mutating func compare(_ name: String, rules: [RuleGroup]) throws {
        let over = rules[0].rules[0].over
        fill(seconds: Int(over / 1_000_000_000))
        var sliding = RuleEvaluator(rules)
        var scanning = RuleEvaluator(rules)
        var times: (sliding: [Double], scanning: [Double]) = ([], [])
        for round in 0...Self.rounds {
            advance(seconds: Int(rules[0].interval / 1_000_000_000))
            let view = view
            let start = Harness.cpuSeconds()
            let found = sliding.evaluate(at: now, over: view)
            let between = Harness.cpuSeconds()
            let expected = scanning.evaluate(at: now, over: MeasuredAnew(view: view))
            let end = Harness.cpuSeconds()
            precondition(found == expected, "sliding counts give other alerts")
            // The first counts the whole range.
            guard round > 0 else { continue }
            times.sliding.append(between - start)
            times.scanning.append(end - between)
        }
        let (fast, slow) = (median(times.sliding), median(times.scanning))
        let share = 100 * fast / (Double(rules[0].interval) / 1e9)
        print(
            "    " + name.padded(to: 42) + number(fast * 1e3, 2).padded(leftTo: 9) + " ms"
                + number(share, 3).padded(leftTo: 8) + " % of the interval"
                + number(slow * 1e3, 2).padded(leftTo: 10) + " ms measured anew"
                + number(slow / fast, 1).padded(leftTo: 8) + " ×")
    }

    private func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }
}

/// A window without sliding counts: every range is measured at every evaluation.
private struct MeasuredAnew: ViewedSource {
    let view: WindowView

    func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool { false }
}
