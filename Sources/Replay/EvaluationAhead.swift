import Foundation
import Pipeline

/// Runs evaluations on a thread, one after another, while their caller appends the spans that ended later.
final class EvaluationAhead: @unchecked Sendable {
    /// How many were added and not taken; used only by the caller.
    private(set) var count = 0

    private let condition = NSCondition()
    // Guarded by the condition's lock. At most one side waits at a time.
    private var waiting: [DeferredEvaluation] = []
    private var results: [DeferredEvaluation.Results] = []
    private var isStarted = false
    private var isStopped = false

    /// How far they may be behind: enough to even out intervals with many and with few spans.
    static let countMax = 4

    /// Adds an evaluation. At most `countMax` may be there.
    func add(_ evaluation: DeferredEvaluation) {
        precondition(count < Self.countMax)
        count += 1
        condition.lock()
        defer { condition.unlock() }
        waiting.append(evaluation)
        condition.signal()
        guard !isStarted else { return }
        isStarted = true
        Thread.detachNewThread { [self] in run() }
    }

    /// The results of the evaluation that was added first; there must be one.
    func takeFirst() -> DeferredEvaluation.Results {
        precondition(count > 0)
        count -= 1
        condition.lock()
        defer { condition.unlock() }
        while results.isEmpty { condition.wait() }
        return results.removeFirst()
    }

    /// Ends the thread after the evaluation under way.
    func stop() {
        condition.lock()
        isStopped = true
        condition.signal()
        condition.unlock()
    }

    private func run() {
        var earlier: [SlotResults] = []
        while let evaluation = next() {
            let result = evaluation.run(after: earlier)
            earlier.append(result.slots)
            if earlier.count > Self.countMax { earlier.removeFirst() }
            put(result)
        }
    }

    private func next() -> DeferredEvaluation? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty, !isStopped { condition.wait() }
        return isStopped ? nil : waiting.removeFirst()
    }

    private func put(_ result: DeferredEvaluation.Results) {
        condition.lock()
        results.append(result)
        condition.signal()
        condition.unlock()
    }
}
