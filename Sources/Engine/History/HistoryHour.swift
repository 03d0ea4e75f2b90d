import Support

/// An hour by its minutes and, once they are complete, as a whole.
struct HistoryHour: Sendable {
    struct Minute: Sendable {
        let number: Int64
        var period = HistoryPeriod()
        /// The history's newest minute when this one was last added to.
        var touched: Int64
    }

    /// Hours since the epoch.
    let number: Int64
    /// Minutes with spans, in order of time.
    private(set) var minutes: [Minute] = []
    /// All minutes merged; empty until the hour is sealed.
    private(set) var whole = HistoryPeriod()
    /// False once the minutes were dropped to save memory.
    private(set) var hasMinutes = true
    private(set) var byteCount = 0
    private var isOpen = true
    /// The history's newest minute when the hour was last added to.
    private var touched = Int64.min

    /// How many quiet minutes make a minute, or an hour, complete.
    private static let quietMinutes: Int64 = 2

    init(number: Int64) {
        self.number = number
    }

    var isSealed: Bool { !whole.isEmpty }

    private var end: Int64 { (number + 1) * HistoryTime.minutesPerHour }

    /// - Parameter newest: the history's newest minute.
    mutating func add(_ block: HistoryBlock, minute: Int64, newest: Int64) {
        let index = minutes.firstIndex { $0.number >= minute } ?? minutes.count
        if index == minutes.count || minutes[index].number != minute {
            minutes.insert(Minute(number: minute, touched: newest), at: index)
        }
        minutes[index].period.add(block)
        minutes[index].touched = newest
        touched = newest
        isOpen = true
    }

    /// Adds to a sealed hour what was added to its minutes.
    mutating func addToWhole(_ block: HistoryBlock, newest: Int64) {
        whole.add(block)
        touched = newest
        isOpen = true
    }

    /// Merges the minutes, and the hour, that are complete.
    mutating func seal(newest: Int64) {
        guard isOpen else { return }
        isOpen = false
        let complete = newest.subtractingSaturating(Self.quietMinutes)
        for index in minutes.indices where !minutes[index].period.isSealed {
            if minutes[index].touched <= complete {
                minutes[index].period.seal()
            } else {
                isOpen = true
            }
        }
        if touched > complete || end > complete {
            isOpen = true
        } else if isSealed {
            whole.seal()
        } else {
            whole = HistoryPeriod(merging: minutes.flatMap(\.period.blocks))
        }
        count()
    }

    /// Drops the minutes, keeping the hour as a whole.
    mutating func dropMinutes() {
        minutes = []
        hasMinutes = false
        count()
    }

    /// Removes and returns what ended in a minute or later; if the minutes are gone, the whole hour if it extends past
    /// that minute. Everything so far counts as added before that minute.
    mutating func setBack(to minute: Int64) -> [HistoryBlock] {
        touched = min(touched, minute)
        for index in minutes.indices { minutes[index].touched = min(minutes[index].touched, minute) }
        guard end > minute else { return [] }
        var removed = minutes.filter { $0.number >= minute }.flatMap(\.period.blocks)
        minutes.removeAll { $0.number >= minute }
        if !hasMinutes { removed = whole.blocks }
        whole = HistoryPeriod()
        (isOpen, hasMinutes) = (true, true)
        count()
        return removed
    }

    /// Its blocks: the whole hour, or its minutes.
    var blocks: [HistoryBlock] { isSealed ? whole.blocks : minutes.flatMap(\.period.blocks) }

    /// The blocks of its minutes that are in a range.
    func blocks(in range: MinuteRange) -> [HistoryBlock] {
        if isSealed, range.covers(hour: number) { return whole.blocks }
        return minutes.filter { range.contains($0.number) }.flatMap(\.period.blocks)
    }

    private mutating func count() {
        let minuteBytes = minutes.reduce(0) { $0 + MemoryLayout<Minute>.stride + $1.period.byteCount }
        byteCount = minuteBytes + whole.byteCount
    }
}

/// A stretch of time: one block once sealed, several while spans still arrive.
struct HistoryPeriod: Sendable {
    private(set) var blocks: [HistoryBlock] = []

    private static let blocksMax = 16
    /// Bytes of the array of blocks and of the reference to it.
    private static let overhead = 72

    init() {}

    init(merging blocks: [HistoryBlock]) {
        self.blocks = [Self.merge(blocks)]
    }

    var isEmpty: Bool { blocks.isEmpty }
    var isSealed: Bool { blocks.count < 2 }
    var byteCount: Int { blocks.reduce(Self.overhead) { $0 + $1.byteCount } }

    /// Merges small blocks with each other, and with the large first one only once they amount to something: a few late
    /// spans cost what they hold, not what they are late for.
    mutating func add(_ block: HistoryBlock) {
        blocks.append(block)
        guard blocks.count > Self.blocksMax else { return }
        blocks = [blocks[0], Self.merge(blocks.dropFirst())]
        if blocks[1].bytes.count > blocks[0].bytes.count / 4 { seal() }
    }

    mutating func seal() {
        if !isSealed { blocks = [Self.merge(blocks)] }
    }

    private static func merge(_ blocks: some Sequence<HistoryBlock>) -> HistoryBlock {
        var tally = SeriesTally()
        for block in blocks { tally.add(block) }
        return HistoryBlock(tally)
    }
}
