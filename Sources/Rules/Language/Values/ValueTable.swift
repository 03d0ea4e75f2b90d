import Engine
import Support

/// The values that conditions can ask for. A new one takes a row here and, unless it is computed like an existing one,
/// a case of `ValueComputation`, which `PromQLCondition` translates too. The parser, the checks of units and ranges,
/// messages, docs/rules.md and the schema follow from the table.
enum ValueTable {
    /// In the order of messages and docs/rules.md.
    static let all = ofDurations + ofSelfTimes + ofComponents + functions + ofSingleSpans

    private static let ofDurations: [ValueDefinition] = [
        ValueDefinition(
            "p", .time, "the exact nearest-rank percentile of the durations; N has at most nine digits",
            form: .percentile(examples: ["p50", "p99", "p99.9"]), neverAbove: ["max"]
        ) { ValueTraits(.quantile, quantile: $0.percentile(0).fraction, range: .time) },
        ValueDefinition("mean", .time, "the mean duration", neverAbove: ["max"]) { _ in
            ValueTraits(.mean, range: .time)
        },
        ValueDefinition("max", .time, "the longest duration", needsMax: true) { _ in ValueTraits(.max, range: .time) },
        // Never below 1, but people write `count >= 1` to require data.
        ValueDefinition("count", .count, "spans or requests", isWhole: true, neverAbove: ["seen"]) { _ in
            ValueTraits(.count)
        },
        ValueDefinition("rate", .rate, "`count` per second of `over`, including unsampled spans") { _ in
            ValueTraits(.rate, range: LawfulRange(low: 0, high: .infinity, isLowOpen: true))
        },
        ValueDefinition(
            "errors", .count, "spans or requests that failed", isAboutErrors: true, isWhole: true,
            neverAbove: ["count", "seen"]
        ) { _ in ValueTraits(.errors) },
        ValueDefinition("error_ratio", .ratio, "`errors` divided by `count`", isAboutErrors: true) { _ in
            ValueTraits(.errorRatio, range: .ratio)
        },
        // If there is a count, `seen` equals it.
        ValueDefinition(
            "seen", .count, "like `count`, but 0 if there are none while other spans arrived: see [Silence](#silence)",
            needsHeard: true, isWhole: true, neverAbove: ["count"]
        ) { _ in ValueTraits(.seen) },
    ]

    // A self time is a part of a duration.
    private static let ofSelfTimes: [ValueDefinition] = [
        ValueDefinition(
            "self_p", .time, "the percentile of self times: durations minus the time of children",
            form: .percentile(examples: []), population: .spans, neverAbove: ["self_max", "max"]
        ) {
            ValueTraits(.quantile, measured: [.selfTimes], quantile: $0.percentile(0).fraction, range: .time)
        },
        ValueDefinition(
            "self_mean", .time, "the mean self time", population: .spans, neverAbove: ["self_max", "max"]
        ) { _ in ValueTraits(.mean, measured: [.selfTimes], range: .time) },
        ValueDefinition(
            "self_max", .time, "the longest self time", population: .spans, needsMax: true, neverAbove: ["max"]
        ) { _ in ValueTraits(.max, measured: [.selfTimes], range: .time) },
    ]

    private static let ofComponents: [ValueDefinition] = [
        ValueDefinition(
            "share", .ratio,
            "the share of the requests' time that a [component](culprit.md) took: `share(etcd) > 60%`",
            form: .function([.component], example: "share(etcd)"), population: .requests, isShare: true
        ) { ValueTraits(.share, measured: [.part($0.component(0)), .parts], range: .ratio) },
        // The parts of a request add up to its duration.
        ValueDefinition(
            "time", .time, "the component's time in the mean request: `time(etcd) > 50ms`",
            form: .function([.component], example: "time(etcd)"), population: .requests, neverAbove: ["mean", "max"]
        ) { ValueTraits(.time, measured: [.part($0.component(0)), .durations]) },
    ]

    private static let functions: [ValueDefinition] = [
        ValueDefinition(
            "burn_rate", .plain, "how fast an error budget is used up: see [Burn rates](#burn-rates)",
            form: .function([.objective, .threshold, .window], example: "burn_rate(99%, 1s, 1h)")
        ) { arguments in
            let budget = arguments.objective(0).budget
            // The range ends where all spans are bad.
            return ValueTraits(
                .burnRate(budget: budget), threshold: arguments.duration(1), over: arguments.duration(2),
                range: LawfulRange(low: 0, high: 1 / budget))
        },
        ValueDefinition(
            "slowdown", .plain, "how many times as long as before spans or requests take: see [Slowdowns](#slowdowns)",
            form: .function([.percentile, .ago], example: "slowdown(p50, 1m)")
        ) { arguments in
            let ratio = SlowdownRatio(quantile: arguments.percentile(0), ago: arguments.duration(1))
            return ValueTraits(.slowdown, measured: [.slowdown(ratio)])
        },
        ValueDefinition(
            "growth", .plain, "how many times as long as usual spans or requests take: see [Growth](#growth)",
            form: .function([.statistic], example: "growth(p50)")
        ) { ValueTraits(.growth, measured: [.growth($0.statistic(0))]) },
        ValueDefinition(
            "part_growth", .plain,
            "the same for the time that a [component](culprit.md) takes in each request: `part_growth(p80, authorization) > 3`",
            form: .function([.statistic, .component], example: "part_growth(p80, authorization)"),
            population: .requests
        ) { ValueTraits(.growth, measured: [.partGrowth($0.statistic(0), $0.component(1))]) },
        ValueDefinition(
            "error_growth", .plain, "how many times as often as usual spans or requests fail: see [Errors](#errors)",
            isAboutErrors: true
        ) { _ in ValueTraits(.growth, measured: [.errorGrowth]) },
    ]

    private static let ofSingleSpans: [ValueDefinition] = [
        ValueDefinition("duration", .time, "of a single span or request", isOfSingleSpan: true) { _ in
            ValueTraits(.none, range: .time)
        }
    ]
}

extension ValueTable {
    /// The value without arguments that has this name. A name that isn't in the table is a programming error.
    static func measure(_ name: String) -> Measure {
        guard let definition = all.first(where: { $0.name == name }), case .word = definition.form else {
            preconditionFailure("no value without arguments is called \(name)")
        }
        return Measure(definition, ValueArguments([]))
    }

    /// The value that a word begins, with the percentile in it, if any; nil if there is none.
    static func find(_ word: String) -> (definition: ValueDefinition, percentile: Quantile?)? {
        for definition in all {
            guard case .percentile = definition.form else {
                if definition.name == word { return (definition, nil) }
                continue
            }
            guard word.hasPrefix(definition.name) else { continue }
            if let percentile = Quantile(percent: word.dropFirst(definition.name.count)) {
                return (definition, percentile)
            }
        }
        return nil
    }

    /// Candidates for a mistyped name.
    static let names = all.flatMap { definition in
        if case .percentile = definition.form {
            ["50", "90", "99", "99.9"].map { definition.name + $0 }
        } else {
            [definition.name]
        }
    }

    /// The list of values in messages.
    static let listing: String = {
        let entries = all.filter { !$0.isOfSingleSpan }.map { definition in
            let examples = definition.examples
            return definition.signature + (examples.isEmpty ? "" : " (\(examples.joined(separator: ", ")), …)")
        }
        return "the values are \(entries.listed())"
    }()

    /// The table in docs/rules.md.
    static var documentation: String {
        "| value | unit | |\n|---|---|---|\n" + all.map { $0.documentation + "\n" }.joined()
    }
}
