import Archive
import Engine
import Pipeline
import Rules

/// Runs spans through a pipeline in the order of event time, as if each had arrived when it ended.
///
/// Batches are cut only by the spans' times and number, and rules are evaluated in between, so the result depends on
/// nothing but the spans. Evaluations run on another thread, over the window as it was; what they compute about slots is
/// stored at fixed points, so the result doesn't depend on which thread is faster either.
struct EventFeed: ~Copyable {
    let pipeline: Pipeline
    /// When the last span taken ended, in Unix nanoseconds.
    private(set) var clock = Int64.min
    private(set) var transitions: [AlertTransition] = []
    private var batch = SpanBatch(capacity: rowsMax)
    private let evaluations = EvaluationAhead()
    /// Nothing is due before the clock reads this, Unix nanoseconds.
    private var nextDue = Int64.min
    /// The second in which the last single span ended, in Unix seconds.
    private var second = Int64.min

    private static let rowsMax = 4096
    private static let secondWidth: Int64 = 1_000_000_000

    init(_ pipeline: Pipeline) {
        self.pipeline = pipeline
        pipeline.followEventTime()
    }

    deinit {
        evaluations.stop()
    }

    /// Takes the sorted spans of the next second.
    mutating func add(_ bin: SpanBin, _ sort: borrowing BinSort, _ names: inout OrderedNames) {
        flush()
        var first = 0
        while first < bin.count {
            let end = min(first + Self.rowsMax, bin.count)
            sort.append(first..<end, of: bin, &names, to: &batch)
            flush()
            first = end
        }
    }

    /// Takes the next span.
    mutating func add(_ span: OrderedSpan, _ names: inout OrderedNames) {
        let second = span.end / Self.secondWidth
        if batch.count == Self.rowsMax || second != self.second { flush() }
        self.second = second
        names.append(span, to: &batch)
    }

    /// Ends the feed: judges everything that has ended.
    ///
    /// - Parameter clocks: those that calls tell about.
    mutating func finish(
        _ rejections: Rejections, _ names: inout OrderedNames, clocks: [SourceLabels: ClockSteps]
    ) {
        flush()
        finishEvaluations(leaving: 0)
        batch.reject(rejections)
        names.appendNotes(to: &batch)
        _ = pipeline.append(batch, arrival: clock)
        batch.removeAll()
        pipeline.set(clockOffsets: clocks.mapValues(\.last))
        if clock > .min { transitions += pipeline.evaluate(upTo: clock) }
    }

    private mutating func flush() {
        guard batch.count > 0 else { return }
        let first = batch.end(0)
        // The fuller a window is, the more its next steps depend on the size of what evaluations attach.
        let hasRoom = pipeline.hasRoom
        if !hasRoom { finishEvaluations(leaving: 0) }
        if first >= nextDue {
            nextDue = pipeline.nextDue(after: first)
            if hasRoom { beginEvaluation(at: first) } else { evaluate(at: first) }
        }
        clock = batch.end(batch.count - 1)
        _ = pipeline.append(batch, arrival: clock)
        batch.removeAll()
    }

    // MARK: Evaluating

    private mutating func evaluate(at clock: Int64) {
        transitions += pipeline.advance(to: clock)
        pipeline.note(clock: clock)
    }

    private mutating func beginEvaluation(at clock: Int64) {
        finishEvaluations(leaving: EvaluationAhead.countMax - 1)
        evaluations.add(pipeline.deferredEvaluation(at: clock))
    }

    /// Stores the results of all evaluations but the last few.
    private mutating func finishEvaluations(leaving left: Int) {
        while evaluations.count > left {
            let results = evaluations.takeFirst()
            transitions += results.transitions
            pipeline.attach(results.slots)
        }
    }
}
