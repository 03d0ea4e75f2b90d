/// Something that left the window within one minute.
protocol EvictedPart {
    var minute: Int64 { get }

    /// Adds its spans to their series of a population; to those that are wanted (by series number), or to all.
    func count(in tally: inout SeriesTally, _ population: Population, wanted: [Bool]?)
}

extension EvictedPart {
    var hour: Int64 { HistoryTime.hour(of: minute) }
}

/// A span that came after its slot had left the window, or found the slot full: what the history keeps of it.
struct HistoryRow: EvictedPart, Sendable {
    let minute: Int64
    let operation: UInt16
    let request: UInt16
    let flags: SpanFlags
    let bucket: UInt16
    let duration: Int64

    init(_ row: SpanRow, bucket: UInt16) {
        minute = HistoryTime.minute(of: row.start &+ row.duration)
        operation = row.operation
        request = row.request
        flags = row.flags
        duration = row.duration
        self.bucket = bucket
    }

    func count(in tally: inout SeriesTally, _ population: Population, wanted: [Bool]?) {
        guard let series = population.series(operation: operation, request: request, flags: flags) else { return }
        if let wanted, !wanted[series] { return }
        tally.add(SeriesKey(population, series), bucket: bucket, duration: duration, isError: flags.isError)
    }
}

/// Spans that left the window and are not in its history yet. They leave under the window's lock and are bucketed
/// without it; views have them in between, so that a span is always counted once.
package struct EvictedSpans: Sendable {
    /// In order of time.
    private(set) var slots: [SlotView] = []
    private(set) var rows: [HistoryRow] = []
    /// Slots of times that the clock, which was set back, has yet to come to again: they count, but in no minute.
    private(set) var beyond: [SlotView] = []
    /// The latest arrival of a batch, Unix nanoseconds.
    private(set) var arrival = Int64.min
    /// Bytes of the slots' columns.
    private(set) var byteCount = 0
    /// The newest minute that has spans here, or had.
    private(set) var newestMinute = Int64.min

    /// Rows that wait for a slot to leave: each minute that they are of is added to at a cost of its own.
    private static let rowsKept = 4096
    private static let rowsMax = 1 << 16

    /// No span here ended before, Unix nanoseconds; nil if there is none.
    var oldestHeld: Int64? {
        ((slots + beyond).map(\.start) + rows.map { HistoryTime.start(ofMinute: $0.minute) }).min()
    }

    /// Bytes of the slots' columns alone.
    var columnByteCount: Int { (slots + beyond).reduce(0) { $0 + $1.columnByteCount } }

    package var isEmpty: Bool { slots.isEmpty && rows.isEmpty && beyond.isEmpty }

    /// Whether to bucket them now.
    package var isDue: Bool { !slots.isEmpty || !beyond.isEmpty || rows.count >= Self.rowsKept }

    package var spanCount: Int { (slots + beyond).reduce(rows.count) { $0 + $1.count } }

    /// Whether whoever adds to them has to wait until others have bucketed some.
    ///
    /// - Parameter windowBytesMax: they may take an eighth of what the window may.
    package func isTooMuch(windowBytesMax: Int) -> Bool {
        byteCount > windowBytesMax / 8 || rows.count >= Self.rowsMax
    }

    mutating func add(_ slot: SlotView, byteCount: Int) {
        slots.append(slot)
        self.byteCount += byteCount
        newestMinute = max(newestMinute, slot.minute)
    }

    mutating func add(_ row: HistoryRow) {
        rows.append(row)
        newestMinute = max(newestMinute, row.minute)
    }

    /// Takes a slot of a time that the clock has yet to come to again.
    mutating func add(beyond slot: SlotView, byteCount: Int) {
        beyond.append(slot)
        self.byteCount += byteCount
    }

    /// The clock was set back.
    ///
    /// - Parameters:
    ///   - clock: Unix nanoseconds.
    ///   - newestMinute: of the history.
    mutating func setBack(to clock: Int64, newestMinute: Int64) {
        arrival = min(arrival, clock)
        self.newestMinute = newestMinute
    }

    mutating func arrived(at time: Int64) {
        arrival = max(arrival, time)
    }

    func hasSpans(where isCounted: (_ minute: Int64) -> Bool) -> Bool {
        slots.contains { isCounted($0.minute) } || rows.contains { isCounted($0.minute) }
    }

    /// Adds the spans of some minutes to their series of a population.
    func count(
        in tally: inout SeriesTally, _ population: Population, wanted: [Bool]?,
        where isCounted: (_ minute: Int64) -> Bool
    ) {
        for slot in slots where isCounted(slot.minute) { slot.count(in: &tally, population, wanted: wanted) }
        for row in rows where isCounted(row.minute) { row.count(in: &tally, population, wanted: wanted) }
    }

    /// Adds all spans to their series of a population.
    func countAll(in tally: inout SeriesTally, _ population: Population) {
        count(in: &tally, population, wanted: nil) { _ in true }
        for slot in beyond { slot.count(in: &tally, population, wanted: nil) }
    }

    /// Removes what was bucketed: the same spans as they were some time ago.
    mutating func remove(_ earlier: EvictedSpans) {
        slots.removeFirst(earlier.slots.count)
        rows.removeFirst(earlier.rows.count)
        beyond.removeFirst(earlier.beyond.count)
        byteCount -= earlier.byteCount
    }
}

extension SlotView: EvictedPart {
    /// The minute that the whole slot is in: slots divide minutes.
    var minute: Int64 { HistoryTime.minute(of: start) }

    func count(in tally: inout SeriesTally, _ population: Population, wanted: [Bool]?) {
        tally.add(self, population, within: nil, wanted: wanted)
    }
}
