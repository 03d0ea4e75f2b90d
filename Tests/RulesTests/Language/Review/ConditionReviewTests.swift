import Engine
import TestSupport
import Testing

@testable import Rules

@Suite struct `A condition that no measurement can change` {
    @Test(arguments: [
        ("p99 < p50", "p99 < p50 never holds: p50 is never above p99"),
        ("p99 > max", "p99 > max never holds: p99 is never above max"),
        ("mean > max", "mean > max never holds: mean is never above max"),
        ("self_p50 offset 1h > self_p99 offset 1h", "never above self_p99 offset 1h"),
        ("errors > count", "errors > count never holds: errors is never above count"),
        ("not errors <= count", "errors <= count always holds: errors is never above count"),
        ("p99 > p99", "p99 > p99 never holds: both sides are the same"),
        ("p50 - max > 50ms", "p50 - max > 50ms never holds"),
        ("2 * p99 < p50", "2 * p99 < p50 never holds"),
        ("error_ratio > 5", "from 0% to 100%; did you mean 5%?"),
        ("seen < count", "seen < count never holds: count is never above seen"),
        ("count > 5 and count < 3", "\"count > 5\" and \"count < 3\" can't both hold: the condition never holds"),
        ("count > 5 and count < 6", "can't both hold"),
        ("p99 > 1s and error_ratio > 1% and p99 < 500ms", "\"p99 > 1s\" and \"p99 < 500ms\" can't both hold"),
        ("p50 > 2s and max < 1s", "can't both hold"),
        ("p50 > p90 and count > 3", "p50 > p90 never holds"),
        ("p50 > mean and mean >= max and p99 < 1s and p50 > 2s", "can't both hold"),
        ("p99 > 2 * mean and mean > max", "mean > max never holds"),
        ("p50 > mean and mean > p99", "can't both hold"),
        ("errors >= 10 and count < 10", "can't both hold"),
        ("errors / count > 50% and error_ratio < 40%", "can't both hold"),
        ("not (count > 5 or count <= 5)", "\"count <= 5\" and \"count > 5\" can't both hold"),
        ("(count > 5 and count < 3) or (p99 > 2s and p99 < 1s)", "\"p99 > 2s\" and \"p99 < 1s\" can't both hold"),
        ("share(etcd) > 60% and share(apiserver) > 50%", "can't both hold"),
        ("seen == 0 and p99 > 1s and count > 1", "can't both hold"),
        ("p99 == 1s and p99 != 1s", "can't both hold"),
        ("self_max > max", "self_max > max never holds: self_max is never above max"),
        ("max / p50 < 1", "max / p50 < 1 never holds"), ("1 > max / p99", "1 > max / p99 never holds"),
        ("p50 / p99 > 3", "p50 / p99 > 3 never holds"), ("p99 / p50 < 2 and p99 > 3 * p50", "can't both hold"),
        ("error_ratio > 0 and errors == 0", "can't both hold"), ("errors > 0 and error_ratio == 0", "can't both hold"),
        ("errors < 5 and count > 100 and error_ratio > 10%", "can't hold together"),
        ("p99 > 8d", "p99 > 8d never holds: p99 is from 0s to 7d"), ("p99 - p99 > 1s", "p99 - p99 > 1s never holds"),
        ("seen == 0 and p99 > 0s", "can't both hold"), ("seen == 0 and rate > 0.001/s", "can't both hold"),
        ("share(etcd) + share(apiserver) > 120%", "never holds"),
        ("time(etcd) > mean", "time(etcd) is never above mean"),
        ("time(etcd) / mean > 2", "never holds"),
        ("1 > 2", "the condition compares constants"), ("1 < 2", "the condition compares constants"),
        ("not 1 + 1 == 2 or 5 > 3", "the condition compares constants"),
    ])
    func `is an error that says why`(text: String, reason: String) {
        let errors = #expect(throws: ConditionErrors.self) { try Condition(text) }
        #expect(errors?.all.contains { $0.message.contains(reason) } == true, "\(errors?.all.map(\.message) ?? [])")
    }

    @Test(arguments: [
        ("p99 > 1s or p99 < p50", "p99 < p50 never holds"), ("p99 >= p50 and p99 > 1s", "p99 >= p50 always holds"),
        ("p99 > 1s and 1 < 2", "1 < 2 always holds: it compares constants"),
        ("p99 > 1s or (count > 5 and count < 3)", "can't both hold: this side of \"or\" never holds"),
        ("count > 5 or count <= 5", "the condition always holds"), ("count >= 0", "count >= 0 always holds"),
    ])
    func `is a warning if it is only part of a condition, or always holds`(text: String, reason: String) throws {
        let warnings = try Condition(text).warnings
        #expect(warnings.count == 1)
        #expect(warnings.first?.message.contains(reason) == true, "\(warnings.map(\.message))")
    }

    @Test(arguments: [
        "p99 > 150ms and count >= 50", "p99 > 3 * p99 offset 1h", "p50 >= p99", "mean == max", "errors == count",
        "p99 > 2 * p50", "p99 - p50 > 50ms", "share(etcd) > 60% and share(apiserver) > 40%", "seen == 0",
        "count > 5 and count < 7", "p99 < p50 offset 1h", "count >= 50 and count < 200",
        "share(etcd) > 60% and share(apiserver) offset 1h > 60%", "0.1 * count > 0.3 and count <= 3",
        "p99 / 3 * 3 > p99", "burn_rate(99.9%, 1s, 5m) > 14.4 and burn_rate(99.9%, 1s, 1h) > 14.4",
        "count > 5 and seen > 6", "p99 > 1s and p99 <= 1.0000001s", "error_ratio == 100%", "errors > 3 and rate < 1/s",
        "seen == 0 and p99 offset 1m > 1s", "share(etcd) + share(apiserver) > 90%", "time(etcd) > 2 * time(apiserver)",
        "max / p50 > 1", "p99 / p50 <= 1", "error_ratio > 0 and errors == 1", "errors >= 5 and error_ratio < 5%",
        "p99 > 6d", "errors / count > 5% and count >= 20",
    ])
    func `is not one that holds for some spans and not for others`(text: String) throws {
        #expect(try Condition(text).warnings.isEmpty)
    }

    @Test func `is found quickly, however many comparisons there are`() throws {
        let many = (0..<60).map { "p\($0 % 99 + 1) > \($0)ms" }
        _ = try Condition(many.joined(separator: " and "))
        let sides = (0..<30).map { "(p99 > \($0)ms or count > \($0))" }
        _ = try Condition(sides.joined(separator: " and "))
        #expect(throws: ConditionErrors.self) { try Condition((sides + ["p99 < p50"]).joined(separator: " and ")) }
    }
}

/// Random conditions over close values and constants, so that many can never hold.
@Suite struct `A condition that is refused` {
    private static let durations: [Int64] = [0, 1, 10, 20, 40, 50, 50].map { $0 * millisecond }
    private static let times = ["p50", "p90", "p99", "p100", "mean", "max", "self_p50", "self_max", "time(etcd)"]
    private static let counts = ["count", "errors", "seen"]
    private static let ratios = ["error_ratio", "errors / count", "share(etcd)", "share(apiserver)"]

    private static func comparison(_ generator: inout SeededGenerator) -> String {
        let sign = generator.pick(ComparisonOperator.allCases).rawValue
        let values = generator.pick([times, counts, ratios])
        var (left, right) = (generator.pick(values), generator.pick(values))
        let offset = generator.pick(["", "", "", " offset 1m"])
        if !left.contains("/") { left += offset }
        if !right.contains("/") { right += offset }
        let constant =
            values == times
            ? generator.pick(["0s", "10ms", "20ms", "50ms"])
            : values == counts
                ? generator.pick(["0", "1", "2", "3", "4"]) : generator.pick(["0%", "25%", "50%", "100%"])
        return switch generator.number(0...8) {
        case 8:
            "\(generator.pick(times)) / \(generator.pick(times)) \(sign) \(generator.pick(["0.5", "1", "2"]))"
        case 0: "\(constant) \(sign) \(left)"
        case 1, 2: "\(left) \(sign) \(constant)"
        case 3: "\(generator.pick(["0.1", "1", "2", "3"])) * \(left) \(sign) \(right)"
        case 4: "\(left) - \(right) \(sign) \(constant)"
        case 5: "\(left) / \(generator.pick(["3", "0.3"])) \(sign) \(constant) + \(right)"
        default: "\(left) \(sign) \(right)"
        }
    }

    private static func statistics(_ sample: [Int64], errors: Int, _ fractions: [Double]) -> LatencyStatistics {
        var statistics = LatencyStatistics()
        guard !sample.isEmpty else { return statistics }
        let sorted = sample.sorted()
        statistics.count = sample.count
        statistics.errors = errors
        statistics.sum = sample.reduce(0) { $0 + Int128($1) }
        statistics.max = sorted[sorted.count - 1]
        statistics.quantiles = fractions.map { sorted[max(0, Int(($0 * Double(sorted.count)).rounded(.up)) - 1)] }
        return statistics
    }

    /// Possible inputs: for each offset a sample of requests with their parts and self times.
    private static func values(_ inputs: ConditionInputs, _ generator: inout SeededGenerator) -> EvaluationInputs {
        var values = EvaluationInputs(of: inputs, over: minute)
        for offset in Set(inputs.ranges.map(\.offset)) {
            let sample = (0..<generator.number(0...5)).map { _ in generator.pick(durations) }
            let errors = generator.number(0...sample.count)
            var parts: [Component: [Int64]] = [:]
            for duration in sample {
                let etcd = generator.pick([0, duration / 4, duration / 2, duration])
                parts[.etcd, default: []].append(etcd)
                parts[.apiServer, default: []].append(generator.pick([0, duration - etcd]))
            }
            for (index, range) in inputs.ranges.enumerated() where range.offset == offset {
                let measured: [Int64] =
                    switch range.measured {
                    case .durations, .slowdown, .growth, .errorGrowth: sample
                    case .selfTimes: sample.map { $0 / 2 }
                    case .part(let component), .partGrowth(_, let component): parts[component] ?? []
                    case .parts: parts[.etcd, default: []] + parts[.apiServer, default: []]
                    }
                let wanted = inputs.measured(in: index)
                values.ranges[index].isHeard = true
                values.ranges[index].fill(
                    statistics(measured, errors: min(errors, measured.count), wanted.fractions), of: wanted,
                    wanted: wanted)
            }
        }
        return values
    }

    @Test(arguments: 0..<40)
    func `holds for no spans at all`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var (refused, held) = (0, 0)
        for _ in 0..<60 {
            let depth = generator.number(0...3)
            let text = RandomExpression.logic(depth: depth, &generator) { Self.comparison(&$0) }
            let expression = try ConditionParser.parse(text, components: Component.builtinNames)
            let inputs = ConditionInputs(of: expression)
            let flat = FlatExpression(expression, inputs)
            let isRefused = !ConditionReview(expression).errors.isEmpty
            let isAlways = ConditionReview(expression).warnings.contains {
                $0.message.hasPrefix("the condition always")
            }
            for _ in 0..<60 {
                let values = Self.values(inputs, &generator)
                let truth = flat.truth(values)
                #expect(!(isRefused && truth == .holds), "\(text) holds for \(values)")
                #expect(!(isAlways && truth == .fails), "\(text) fails for \(values)")
                if truth == .holds { held += 1 }
            }
            refused += isRefused ? 1 : 0
        }
        #expect(refused > 0 && held > 0)
    }
}
