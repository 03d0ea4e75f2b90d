import Engine
import Foundation
import Rules
import TestSupport

/// The cost of one evaluation every 15 seconds, with 2,000 new spans a second, by spans in the range, by rules and by
/// operations. The alternative measures every range from scratch.
enum EvaluationBenchmark {
    /// Seconds.
    private static let interval = 15
    private static let rate = 2_000
    private static let minute = 60

    static func run() throws {
        print("\nEvaluation every \(interval) s, \(rate) new spans a second, CPU")
        try title("50 rules on one service each, 500 operations") { spans in
            for over in [5, 50, 500, 5_000] {
                try spans.compare("\(grouped(over * rate)) spans in the range", rules: rules(50, over: over))
            }
        }
        try title("rules on one service each, 500 operations, a range of 5 minutes") { spans in
            for count in [10, 100, 1_000] {
                try spans.compare("\(grouped(count)) rules", rules: rules(count, over: 5 * minute))
            }
            try spans.compare(
                "1,000 rules, one rule in 100 in breach", rules: rules(1_000, over: 5 * minute, inBreach: 100))
        }
        try title("burn rates and single spans, rules on one service each, a range of 5 minutes") { spans in
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

    /// Distinct rules. Most of their conditions are far from holding, as in a healthy system.
    /// - Parameter services: their number; each rule selects one, or everything if there is only one.
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

    /// Evaluates the rules several times as time passes, with sliding counts and by measuring, and prints the medians.
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
            precondition(found == expected, "sliding counts give different alerts")
            // The first round counts the whole range.
            guard round > 0 else { continue }
            times.sliding.append(between - start)
            times.scanning.append(end - between)
        }
        let (fast, slow) = (median(times.sliding), median(times.scanning))
        let share = 100 * fast / (Double(rules[0].interval) / 1e9)
        print(
            "    " + name.padded(to: 42) + number(fast * 1e3, 2).padded(leftTo: 9) + " ms"
                + number(share, 3).padded(leftTo: 8) + " % of the interval"
                + number(slow * 1e3, 2).padded(leftTo: 10) + " ms from scratch"
                + number(slow / fast, 1).padded(leftTo: 8) + " ×")
    }

    private func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }
}

/// A window without sliding counts, where every evaluation measures every range.
private struct MeasuredAnew: ViewedSource {
    let view: WindowView

    func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool { false }
}

/// A window that receives spans of many operations at a steady rate.
struct EvaluationSpans: ~Copyable {
    static let services = 20

    private var window = Window(limits: WindowLimits(duration: nil, bytesMax: 4 << 30))
    private var random = SeededGenerator(seed: 3)
    private var batch = SpanBatch(capacity: 10_000)
    private var nextID: UInt64 = 1
    private var filledSeconds = 0
    private let operations: Int
    private let rate: Int

    private static let start: Int64 = 1_767_225_600_000_000_000

    init(operations: Int, rate: Int) {
        self.operations = operations
        self.rate = rate
    }

    static func service(_ number: Int) -> String { "service-\(number)" }

    /// Unix nanoseconds.
    var now: Int64 { Self.start + Int64(filledSeconds) * 1_000_000_000 }

    var view: WindowView { window.view() }

    /// Advances time until the spans cover this many seconds.
    mutating func fill(seconds: Int) {
        if seconds > filledSeconds { advance(seconds: (seconds - filledSeconds + 14) / 15 * 15) }
    }

    mutating func advance(seconds: Int) {
        for _ in 0..<seconds {
            batch.removeAll()
            let numbers = (0..<operations).map { operation in
                let service = Array(Self.service(operation % Self.services).utf8)
                let name = Array("operation-\(operation)".utf8)
                let number = unsafe batch.service(service.span.bytes)
                return unsafe batch.operation(service: number, name: name.span.bytes, kind: .server)
            }
            let source = batch.source(cluster: RawSpan(), service: RawSpan(), instance: RawSpan())
            for place in 0..<rate {
                append(numbers, source, end: now + Int64(place) * 1_000_000_000 / Int64(rate))
            }
            _ = window.append(batch, arrival: now + 1_000_000_000, evaluatedUpTo: .min)
            filledSeconds += 1
        }
    }

    /// Latencies of about 2 ms, spread over three orders of magnitude.
    private mutating func append(_ numbers: [UInt16], _ source: UInt16, end: Int64) {
        let octave = (0..<6).reduce(0.0) { sum, _ in sum + Double.random(in: 0..<2, using: &random) }
        let duration = Int64(31_250 * exp2(octave))
        let operation = numbers[Int(UInt64.random(in: 0..<UInt64(numbers.count), using: &random))]
        batch.append(
            SpanRow(
                traceHigh: 1, traceLow: nextID, spanID: nextID, parentID: 0, start: end - duration, duration: duration,
                operation: operation, request: 0, source: source,
                flags: SpanFlags(isError: UInt64.random(in: 0..<100, using: &random) == 0)))
        nextID += 1
    }
}

/// A number with commas between thousands.
func grouped(_ number: Int) -> String {
    number < 1_000 ? "\(number)" : grouped(number / 1_000) + "," + "\(1_000 + number % 1_000)".dropFirst()
}
