import Archive
import Engine
import Pipeline
import Rules

/// Replays spans in the order of their ends, in whatever order they are read.
///
/// Spans are nearly always written within seconds of their end, so they wait for half a minute of event time and then
/// continue in order. If one is later than that, all results are discarded and the archives are read again, one after
/// another: everything is sorted before any of it continues, in memory, or in a scratch file if it doesn't fit. Both
/// ways give the same result.
final class EventReplay {
    private enum Phase {
        /// Spans continue while archives are read.
        case streaming
        /// All archives are read first.
        case gathering
        /// Spans in memory continue.
        case draining
        /// Spans in memory and in the scratch file continue.
        case merging
        case done
    }

    private let archives: [ReplayArchive]
    private let makePipeline: () -> Pipeline
    private let memory: Int
    private var phase = Phase.streaming
    private var inputs: ReplayInputs?
    /// In `gathering`, how many archives were opened, and the one being read.
    private var begun = 0
    private var input: ReplayInput?
    private var endedProblems: [String] = []
    private var readBytes = 0
    private var sizeOfAll: Int?

    private let services: ServiceNames
    private var waiting: SpanOrder
    /// The clocks whose offset calls show, once all spans are read. If any is off, the replay begins again with
    /// corrected times.
    private var clocks: [SourceLabels: ClockSteps]?
    private var isStopped = false
    private var sort = BinSort()
    private var runs: SortedRuns?
    private var feed: EventFeed
    private var rejections = Rejections()
    /// Why there is no result; nil if there is one.
    private(set) var scratchFailure: ArchiveError?

    /// How many seconds spans wait for others that ended before them: exporters hold spans for five seconds, and retry
    /// for a while.
    private static let patience: Int64 = 30
    /// If more archives than this overlap in time, they are read one after another.
    private static let openMax = 64
    private static let mergedAtOnce = 1 << 14

    init(
        _ archives: [ReplayArchive], _ inputs: ReplayInputs, services: ServiceNames, memory: Int,
        _ makePipeline: @escaping () -> Pipeline
    ) {
        self.archives = archives
        self.inputs = inputs
        self.services = services
        waiting = SpanOrder(services: services)
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
                // It was readable when the replay began.
                endedProblems.append(error.description)
                endReading()
            }
        }
        return phase != .done
    }

    func stop() {
        isStopped = true
        switch phase {
        case .streaming, .gathering: endReading()
        case .draining, .merging, .done: break
        }
        while step() {}
    }

    // MARK: Reading

    private func stream() throws(ArchiveError) {
        guard let input = try inputs?.first() else { return try endReadingAll() }
        guard take(input), inputs?.openCount ?? 0 <= Self.openMax else { return beginAgain() }
        while let second = waiting.first,
            second < waiting.newest - Self.patience || waiting.byteCount > memory && second < waiting.newest
        {
            passOn()
            waiting.close(second)
        }
        if waiting.byteCount > memory { beginAgain() }
    }

    /// Takes the next record of an archive.
    ///
    /// - Returns: false if spans were out of order by more than 30 s.
    private func take(_ input: ReplayInput) -> Bool {
        var isInTime = true
        // For recordings among other archives, the spans count but their arrivals don't.
        input.take { batch in
            isInTime = waiting.insert(batch)
            rejections.add(batch.rejections)
        }
        return isInTime
    }

    private func beginAgain() {
        inputs = nil
        reset()
        phase = .gathering
    }

    private func reset() {
        endedProblems = []
        waiting = SpanOrder(services: services, correcting: correctedClocks)
        runs = nil
        begun = 0
        readBytes = 0
        rejections = Rejections()
        feed = EventFeed(makePipeline())
    }

    private var correctedClocks: [SourceLabels: ClockSteps] { (clocks ?? [:]).filter { $1.areOff } }

    /// Continues with the waiting spans, unless a clock is off: then everything is read again.
    private func endReadingAll() throws(ArchiveError) {
        if clocks == nil, !isStopped {
            clocks = waiting.clocks
            if !correctedClocks.isEmpty {
                inputs = try ReplayInputs(archives)
                reset()
                phase = .streaming
                return
            }
        }
        endReading()
    }

    private func gather() throws(ArchiveError) {
        if input == nil {
            guard begun < archives.count else { return try endReadingAll() }
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

    /// Continues with the waiting spans, since there are no more to read.
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

    // MARK: Continuing

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
        feed.finish(rejections, &waiting.names, clocks: clocks ?? [:])
        phase = .done
    }
}
