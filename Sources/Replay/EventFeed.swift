import Engine
import Pipeline
import Rules

/// Runs spans in the order of event time through a pipeline, as if each had arrived when it ended.
///
/// They are appended by batches that are cut by their times and their number alone, and rules are evaluated in between:
/// what is found depends on the spans and on nothing else.
struct EventFeed: ~Copyable {
    let pipeline: Pipeline
    /// When the last span ended that was taken, Unix nanoseconds.
    private(set) var clock = Int64.min
    private(set) var transitions: [AlertTransition] = []
    private var batch = SpanBatch(capacity: rowsMax)
    /// In which the last span that was taken alone ended, Unix seconds.
    private var second = Int64.min

    private static let rowsMax = 4096
    private static let secondWidth: Int64 = 1_000_000_000

    init(_ pipeline: Pipeline) {
        self.pipeline = pipeline
    }

    /// Takes the spans of the next second, which were put in order.
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

    /// Nothing comes behind what was taken: all that has ended is judged.
    mutating func finish(_ rejections: Rejections) {
        flush()
        batch.reject(rejections)
        _ = pipeline.append(batch, arrival: clock)
        batch.removeAll()
        if clock > .min { transitions += pipeline.evaluate(upTo: clock) }
    }

    private mutating func flush() {
        guard batch.count > 0 else { return }
        let first = batch.end(0)
        transitions += pipeline.advance(to: first)
        pipeline.note(clock: first)
        clock = batch.end(batch.count - 1)
        _ = pipeline.append(batch, arrival: clock)
        batch.removeAll()
    }
}
