/// A slot or span that left the window; it lies within one minute.
protocol EvictedPart {
    var minute: Int64 { get }

    /// Adds its spans to their series of a population. Counts only series that are `wanted` (by number), or all if nil.
    func count(in tally: inout SeriesTally, _ population: Population, wanted: [Bool]?)

    /// Adds the API server's own work on its requests, as far as it is known.
    func countOwnWork(in tally: inout SeriesTally)
}

extension EvictedPart {
    func countOwnWork(in tally: inout SeriesTally) {}

    var hour: Int64 { HistoryTime.hour(of: minute) }
}

/// A span that arrived after its slot had left the window, or found the slot full: the fields that the history needs.
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
/// without it; meanwhile views include them, so that every span counts exactly once.
package struct EvictedSpans: Sendable {
    /// In order of time.
    private(set) var slots: [SlotView] = []
    private(set) var rows: [HistoryRow] = []
    /// Slots of times that lie ahead since the clock was set back: they count in the totals, but in no minute.
    private(set) var beyond: [SlotView] = []
    /// The latest arrival of a batch, Unix nanoseconds.
    private(set) var arrival = Int64.min
    /// Bytes of the slots.
    private(set) var byteCount = 0
    /// The newest minute that has, or had, spans here.
    private(set) var newestMinute = Int64.min

    /// Rows that may wait for a slot to leave: adding to the history has a cost per minute.
    private static let rowsKept = 4096
    private static let rowsMax = 1 << 16

    /// No span here ended earlier, Unix nanoseconds; nil if there are none.
    var oldestHeld: Int64? {
        ((slots + beyond).map(\.start) + rows.map { HistoryTime.start(ofMinute: $0.minute) }).min()
    }

    var isEmpty: Bool { slots.isEmpty && rows.isEmpty && beyond.isEmpty }

    /// Whether they should be bucketed now.
    package var isDue: Bool { !slots.isEmpty || !beyond.isEmpty || rows.count >= Self.rowsKept }

    package var spanCount: Int { (slots + beyond).reduce(rows.count) { $0 + $1.count } }

    /// Whether an append has to wait until some have been bucketed.
    ///
    /// - Parameter windowBytesMax: the window's limit; these may take an eighth of it.
    package func isTooMuch(windowBytesMax: Int) -> Bool {
        byteCount > windowBytesMax / 8 || rows.count >= Self.rowsMax
    }

    /// Whether they may wait for something else than the history.
    ///
    /// - Parameter windowBytesMax: the window's limit; these may then take half of it.
    func mayWait(windowBytesMax: Int) -> Bool { byteCount <= windowBytesMax / 2 && rows.count < Self.rowsMax }

    /// Adds an attribution to its slot.
    ///
    /// - Returns: the slot with it; nil if the slot isn't here.
    mutating func attach(_ settled: SettledSlot) -> SlotView? {
        guard let index = slots.firstIndex(where: { $0.start == settled.start }) else { return nil }
        slots[index].attach(settled.made)
        return slots[index]
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

    /// Adds a slot of a time that lies ahead since the clock was set back.
    mutating func add(beyond slot: SlotView, byteCount: Int) {
        beyond.append(slot)
        self.byteCount += byteCount
    }

    /// Handles a clock that was set back.
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

    /// Removes what has been bucketed: an earlier copy of these spans.
    mutating func remove(_ earlier: EvictedSpans) {
        slots.removeFirst(earlier.slots.count)
        rows.removeFirst(earlier.rows.count)
        beyond.removeFirst(earlier.beyond.count)
        byteCount -= earlier.byteCount
    }
}

extension SlotView: EvictedPart {
    /// The minute of the whole slot: no slot crosses one.
    var minute: Int64 { HistoryTime.minute(of: start) }

    func count(in tally: inout SeriesTally, _ population: Population, wanted: [Bool]?) {
        tally.add(self, population, within: nil, wanted: wanted)
    }

    func countOwnWork(in tally: inout SeriesTally) { tally.addOwnWork(of: self) }
}
