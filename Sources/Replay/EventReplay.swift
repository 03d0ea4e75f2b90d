import Archive
import Engine
import Pipeline
import Rules

/// Replays spans in the order of their ends, however they come.
///
/// They nearly always come within seconds of their end: so they wait for half a minute of event time, and go on in order.
/// Where one comes later than that, all that was found is thrown away and the archives are read again, one after the
/// other: everything is put in order before any of it goes on, in memory, or in a scratch file where it doesn't fit. Both ways
/// give the same.
final class EventReplay {
    private enum Phase {
        /// Spans go on while archives are read.
        case streaming
        /// All archives are read first.
        case gathering
        /// What is in memory goes on.
        case draining
        /// What is in memory and in the scratch file goes on.
        case merging
        case done
    }

    private let archives: [ReplayArchive]
    private let makePipeline: () -> Pipeline
    private let memory: Int
    private var phase = Phase.streaming
    private var inputs: ReplayInputs?
    /// In `gathering`, how many archives were begun, and the one that is read.
    private var begun = 0
    private var input: ReplayInput?
    private var endedProblems: [String] = []
    private var readBytes = 0
    private var sizeOfAll: Int?

    private var waiting = SpanOrder()
    private var sort = BinSort()
    private var runs: SortedRuns?
    private var feed: EventFeed
    private var rejections = Rejections()
    /// Why there is no result.
    private(set) var scratchFailure: ArchiveError?

    /// Seconds for which spans wait for others that ended before: exporters hold them for five, and try again for a while.
    private static let patience: Int64 = 30
    /// More archives that overlap in time are read one after the other.
    private static let openMax = 64
    private static let mergedAtOnce = 1 << 14

    init(
        _ archives: [ReplayArchive], _ inputs: ReplayInputs, memory: Int, _ makePipeline: @escaping () -> Pipeline
    ) {
        self.archives = archives
        self.inputs = inputs
        self.memory = memory
        self.makePipeline = makePipeline
        sizeOfAll = inputs.progress.size
        feed = EventFeed(makePipeline())
    }

    var pipeline: Pipeline { feed.pipeline }
    var clock: Int64 { feed.clock }
    var transitions: [AlertTransition] { feed.transitions }
    var problems: [String] { endedProblems + (inputs?.problems ?? []) + (input?.problems ?? []) }

    var progress: (read: Int, size: Int?) {
        inputs?.progress ?? (readBytes + (input?.progress.read ?? 0), sizeOfAll)
    }

    func step() -> Bool {
        do throws(ArchiveError) {
            switch phase {
            case .streaming: try stream()
            case .gathering: try gather()
            case .draining: drain()
            case .merging: try merge()
            case .done: return false
            }
        } catch {
            if error.kind == .scratch {
                scratchFailure = error
                phase = .done
            } else {
                // It could be read when the replay began.
                endedProblems.append(error.description)
                endReading()
            }
        }
        return phase != .done
    }

    func stop() {
        switch phase {
        case .streaming, .gathering: endReading()
        case .draining, .merging, .done: break
        }
        while step() {}
    }

    // MARK: Reading

    private func stream() throws(ArchiveError) {
        guard let input = try inputs?.first() else { return endReading() }
        guard take(input), inputs?.openCount ?? 0 <= Self.openMax else { return beginAgain() }
        while let second = waiting.first,
            second < waiting.newest - Self.patience || waiting.byteCount > memory && second < waiting.newest
        {
            passOn()
            waiting.close(second)
        }
        if waiting.byteCount > memory { beginAgain() }
    }

    /// Takes what comes next in an archive.
    ///
    /// - Returns: false where spans came too late.
    private func take(_ input: ReplayInput) -> Bool {
        var isInTime = true
        // Of recordings among other archives the spans count, and not their arrivals.
        input.take { batch in
            isInTime = waiting.insert(batch)
            rejections.add(batch.rejections)
        }
        return isInTime
    }

    private func beginAgain() {
        inputs = nil
        endedProblems = []
        waiting = SpanOrder()
        rejections = Rejections()
        feed = EventFeed(makePipeline())
        phase = .gathering
    }

    private func gather() throws(ArchiveError) {
        if input == nil {
            guard begun < archives.count else { return endReading() }
            begun += 1
            input = try ReplayInput(archives[begun - 1], readsAhead: true)
        }
        guard let input else { return }
        if input.head == .end {
            endedProblems += input.problems
            readBytes += input.progress.read
            self.input = nil
        } else {
            _ = take(input)
        }
        if waiting.byteCount > memory { try spill() }
    }

    private func spill() throws(ArchiveError) {
        if runs == nil { runs = try SortedRuns() }
        try runs?.spill(&waiting, &sort)
    }

    /// Goes on to what waits: nothing more comes.
    private func endReading() {
        phase = runs == nil ? .draining : .merging
        guard runs != nil else { return }
        do throws(ArchiveError) {
            try spill()
            try runs?.beginMerging(memory: memory, waiting.names)
        } catch {
            scratchFailure = error
            phase = .done
        }
    }

    // MARK: Going on

    private func passOn() {
        guard let bin = waiting.takeFirst() else { return }
        sort.order(bin, waiting.names)
        feed.add(bin, sort, &waiting.names)
        waiting.recycle(bin)
    }

    private func drain() {
        if waiting.isEmpty { finish() } else { passOn() }
    }

    private func merge() throws(ArchiveError) {
        for _ in 0..<Self.mergedAtOnce {
            guard let span = try runs?.next(waiting.names) else { return finish() }
            feed.add(span, &waiting.names)
        }
    }

    private func finish() {
        feed.finish(rejections)
        phase = .done
    }
}

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
