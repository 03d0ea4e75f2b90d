import Engine
import Pipeline
import Rules
import Synchronization
import TestSupport

/// How a check configures its pipeline.
struct PipelineSetting {
    var limits: WindowLimits
    /// Whether spans leave the window.
    let evicts: Bool
    let settle: Int64
    let settlesAtTheEnd: Bool
    let evaluationDelay: Int64
    /// Whether all outputs are read while spans arrive.
    let looks: Bool
    /// Of rules, nanoseconds.
    let interval: Int64
    let over: Int64
    let offset: Int64
    /// Whether alerts fire, so that evidence is gathered for each; otherwise they stay pending.
    let fires: Bool
    let values: [NaiveRuleValue]

    static let second: Int64 = 1_000_000_000
    /// Nothing ever settles.
    let settleMax: Int64 = 1 << 50

    var attribution: AttributionSettings {
        var settings = AttributionSettings()
        settings.settle = settle
        return settings
    }

    init(_ choices: inout Choices) {
        limits = WindowLimits(duration: nil)
        limits.summaryRowsMin = choices.pick([1, 1, 4, 256])
        evicts = choices.isOne(in: 3)
        if evicts {
            // Three slots of a few spans fill 12 KiB.
            limits.bytesMax = choices.pick([1 << 30, 1 << 30, 12_000, 1])
            limits.duration = choices.pick([nil, 20, 60, 300] as [Int64?]).map { $0 * Self.second }
            if choices.isOne(in: 4) { limits.history = HistoryLimits(duration: 3600 * Self.second, bytesMax: 4_000) }
        }
        settle = choices.pick([1 << 51, 1 << 51, 30 * Self.second, 5 * Self.second])
        settlesAtTheEnd = !choices.isOne(in: 3)
        evaluationDelay = choices.pick([0, 10 * Self.second])
        looks = choices.isOne(in: 16)
        let (interval, over) = choices.pick([(15, 30), (60, 60), (60, 300), (5, 5), (60, 3600)] as [(Int64, Int64)])
        self.interval = interval * Self.second
        self.over = over * Self.second
        offset = choices.pick([0, 0, 15, 60] as [Int64]) * Self.second
        fires = choices.isOne(in: 4)
        var values: [NaiveRuleValue] = []
        for _ in 0..<3 { values.append(choices.pick(NaiveRuleValue.allCases)) }
        self.values = values.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

/// The alerts after each evaluation, and how many spans had arrived before it.
final class EvaluationLog: Sendable {
    struct Entry {
        var time: Int64
        var spans: Int
        var alerts: [Alert]
    }

    private let state = Mutex((spans: 0, entries: [Entry]()))

    func appended(_ spans: Int) { state.withLock { $0.spans = spans } }

    func note(_ time: Int64, _ alerts: [Alert]) {
        state.withLock { $0.entries.append(Entry(time: time, spans: $0.spans, alerts: alerts)) }
    }

    var entries: [Entry] { state.withLock { $0.entries } }
}
