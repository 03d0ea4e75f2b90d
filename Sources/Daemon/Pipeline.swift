package import Engine
package import Rules
import Synchronization

/// The one way spans take, in the daemon and in a replay: batches into the window, and rules evaluated over it as
/// time passes. It has no clock: arrivals and the passing of time are told.
package final class Pipeline: Sendable {
    private struct Intake: ~Copyable {
        var window: Window
        var counts = SpanCounts()
        /// Spans that end before it come late: their time has been evaluated.
        var evaluatedUpTo = Int64.min
    }

    private struct Evaluation {
        var rules: RuleEvaluator
        /// The time of the last evaluation; nil before the first.
        var last: Int64?
    }

    private let intake: Mutex<Intake>
    /// Held by whoever adds to the history what left the window.
    private let folding = Mutex(())
    private let evaluation: Mutex<Evaluation>
    private let evaluationDelay: Int64
    private let onClock: (@Sendable (Int64) -> Void)?

    /// - Parameters:
    ///   - evaluationDelay: how long after a time it is evaluated, nanoseconds: exporters hold spans for up to five
    ///     seconds, and some more on their way.
    ///   - onClock: is told each reading of the clock that rules are evaluated by, in one order with what is appended;
    ///     a lock is held meanwhile.
    package init(
        rules: RuleEvaluator, limits: WindowLimits, evaluationDelay: Int64 = 10_000_000_000,
        onClock: (@Sendable (Int64) -> Void)? = nil
    ) {
        intake = Mutex(Intake(window: Window(limits: limits)))
        evaluation = Mutex(Evaluation(rules: rules))
        self.evaluationDelay = evaluationDelay
        self.onClock = onClock
    }

    /// Takes in a decoded batch that arrived at a time (Unix nanoseconds); the lock is held for the copy alone.
    ///
    /// - Parameter inOrder: is called under the lock, so that its calls have the order of what is appended.
    package func append(
        _ batch: borrowing SpanBatch, arrival: Int64, inOrder: () -> Void = {}
    ) -> AppendOutcome {
        var (outcome, isDue, isTooMuch) = intake.withLock { intake in
            let outcome = intake.window.append(batch, arrival: arrival, evaluatedUpTo: intake.evaluatedUpTo)
            intake.counts.add(outcome, batch)
            inOrder()
            let retired = intake.window.retired
            return (outcome, retired.isDue, retired.isTooMuch(windowBytesMax: intake.window.limits.bytesMax))
        }
        if isTooMuch {
            folding.withLock { _ in foldRetired() }
        } else if isDue {
            // Where another thread is at it, it takes these too, or the next to append does; until then views have them.
            folding.withLockIfAvailable { _ in foldRetired() }
        }
        outcome.rejections.add(batch.rejections)
        return outcome
    }

    /// Adds what left the window to its history: the buckets are counted without the window's lock.
    private func foldRetired() {
        while true {
            let (due, before) = intake.withLock { intake in
                (intake.window.retired.isDue ? intake.window.retired : nil, intake.window.history)
            }
            guard let due else { return }
            var history = before
            history.add(due)
            // What it replaces is freed here, not under the lock.
            _ = intake.withLock { [history] in $0.window.replaceHistory(with: history, including: due) }
        }
    }

    /// Evaluates the rules for every time that is due, now that it is `clock` (Unix nanoseconds).
    package func advance(to clock: Int64) -> [AlertTransition] {
        evaluate(upTo: clock - min(evaluationDelay, max(clock, 0)))
    }

    /// Evaluates the rules for every time up to `limit`: at the end of a replay, when nothing more can arrive.
    package func evaluate(upTo limit: Int64) -> [AlertTransition] {
        evaluation.withLock { evaluation in
            guard var last = evaluation.last else {
                // What was before the first arrival is nobody's to judge.
                evaluation.last = limit
                if let onClock { intake.withLock { _ in onClock(limit + evaluationDelay) } }
                return []
            }
            var transitions: [AlertTransition] = []
            while let time = evaluation.rules.nextEvaluation(after: last), time <= limit {
                let view = view(evaluating: time)
                if !view.hasSpans(from: time - min(evaluation.rules.longestRange, time)) {
                    // Nothing to see in any rule's range now, nor at the times up to the limit: they are judged too.
                    intake.withLock {
                        $0.evaluatedUpTo = max($0.evaluatedUpTo, limit)
                        onClock?(limit + evaluationDelay)
                    }
                    last = limit
                    break
                }
                transitions += evaluation.rules.evaluate(at: time, over: view)
                last = time
            }
            evaluation.last = last
            return transitions
        }
    }

    /// Whether `advance(to:)` would evaluate anything at this time.
    package func isEvaluationDue(at clock: Int64) -> Bool {
        evaluation.withLock { evaluation in
            guard let last = evaluation.last else { return true }
            guard let next = evaluation.rules.nextEvaluation(after: last) else { return false }
            return next <= clock - min(evaluationDelay, max(clock, 0))
        }
    }

    /// Tells a reading of the clock by which nothing is evaluated: other rules might be, in a replay of a recording.
    package func note(clock: Int64) {
        if let onClock { intake.withLock { _ in onClock(clock) } }
    }

    // MARK: Reading

    package func view() -> WindowView {
        intake.withLock { $0.window.view() }
    }

    package func summary() -> PipelineSummary {
        let (view, totals, counts) = intake.withLock { ($0.window.view(), $0.window.totals, $0.counts) }
        return PipelineSummary(view: view, totals: totals, counts: counts)
    }

    package func windowGauges() -> WindowGauges {
        intake.withLock {
            WindowGauges(
                spans: $0.window.spanCount, bytes: $0.window.byteCount, oldest: $0.window.oldest,
                operationsOverflowed: $0.window.operations.overflowed, historyBytes: $0.window.history.byteCount,
                historyOldest: $0.window.history.oldest)
        }
    }

    package func withRules<Result>(_ body: (inout RuleEvaluator) -> Result) -> Result {
        evaluation.withLock { body(&$0.rules) }
    }

    private func view(evaluating time: Int64) -> WindowView {
        intake.withLock { intake in
            intake.evaluatedUpTo = time
            onClock?(time + evaluationDelay)
            return intake.window.view()
        }
    }
}

/// Everything the outputs are made of, as it was at one moment.
package struct PipelineSummary: Sendable {
    package let view: WindowView
    package let totals: CumulativeTotals
    package let counts: SpanCounts

    /// The same without what has left the window.
    package var windowOnly: PipelineSummary {
        PipelineSummary(view: view.windowOnly, totals: totals, counts: counts)
    }
}

/// What the scrape says about the window itself, and about its history.
package struct WindowGauges: Sendable {
    package let spans: Int
    package let bytes: Int
    /// Unix nanoseconds; nil while the window is empty.
    package let oldest: Int64?
    package let operationsOverflowed: Int
    package let historyBytes: Int
    /// Unix nanoseconds; nil while the history has no minute.
    package let historyOldest: Int64?
}

extension WindowView: MeasurementSource {}

extension RuleEvaluator {
    /// How far back from its evaluation any rule looks, nanoseconds.
    fileprivate var longestRange: Int64 {
        definitions.flatMap(\.rules).map { rule in
            rule.over + (rule.condition.inputs.offsets.max() ?? 0)
        }.max() ?? 0
    }
}
