import Archive
import Engine
import Pipeline
import Rules

/// Runs spans through a pipeline in the order of event time, as if each had arrived when it ended.
///
/// Batches are cut only by the spans' times and number, and rules are evaluated in between, so the result depends on
/// nothing but the spans.
struct EventFeed: ~Copyable {
    let pipeline: Pipeline
    /// When the last span taken ended, in Unix nanoseconds.
    private(set) var clock = Int64.min
    private(set) var transitions: [AlertTransition] = []
    private var batch = SpanBatch(capacity: rowsMax)
    /// The second in which the last single span ended, in Unix seconds.
    private var second = Int64.min

    private static let rowsMax = 4096
    private static let secondWidth: Int64 = 1_000_000_000

    init(_ pipeline: Pipeline) {
        self.pipeline = pipeline
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
