import Support

/// An hour by its minutes and, once they are complete, as a whole.
struct HistoryHour: Sendable {
    struct Minute: Sendable {
        let number: Int64
        var period = HistoryPeriod()
        /// The newest minute of the history when this one was last added to.
        var touched: Int64
    }

    /// Hours since the epoch.
    let number: Int64
    /// In order of time, those that have spans.
    private(set) var minutes: [Minute] = []
    /// All minutes merged; empty until the hour is sealed.
    private(set) var whole = HistoryPeriod()
    /// False once the minutes were given up for their memory.
    private(set) var hasMinutes = true
    private(set) var byteCount = 0
    private var isOpen = true
    /// The newest minute of the history when the hour was last added to.
    private var touched = Int64.min

    /// Minutes without a span after which a minute, or an hour, is taken to be complete.
    private static let quietMinutes: Int64 = 2

    init(number: Int64) {
        self.number = number
    }

    var isSealed: Bool { !whole.isEmpty }

    private var end: Int64 { (number + 1) * HistoryTime.minutesPerHour }

    /// - Parameter newest: the newest minute of the history.
    mutating func add(_ block: HistoryBlock, minute: Int64, newest: Int64) {
        let place = minutes.firstIndex { $0.number >= minute } ?? minutes.count
        if place == minutes.count || minutes[place].number != minute {
            minutes.insert(Minute(number: minute, touched: newest), at: place)
        }
        minutes[place].period.add(block)
        minutes[place].touched = newest
        touched = newest
        isOpen = true
    }

    /// Adds what minutes of a sealed hour were given.
    mutating func addToWhole(_ block: HistoryBlock, newest: Int64) {
        whole.add(block)
        touched = newest
        isOpen = true
    }

    /// Merges what is complete.
    mutating func seal(newest: Int64) {
        guard isOpen else { return }
        isOpen = false
        let complete = newest.subtractingSaturating(Self.quietMinutes)
        for place in minutes.indices where !minutes[place].period.isSealed {
            if minutes[place].touched <= complete {
                minutes[place].period.seal()
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

    /// Keeps the hour as a whole.
    mutating func dropMinutes() {
        minutes = []
        hasMinutes = false
        count()
    }

    /// Lets go of what ended in a minute or later, and returns it; where its minutes are gone, of the whole hour if that
    /// minute is in it. Whatever came so far counts as come before that minute.
    mutating func setBack(to minute: Int64) -> [HistoryBlock] {
        touched = min(touched, minute)
        for place in minutes.indices { minutes[place].touched = min(minutes[place].touched, minute) }
        guard end > minute else { return [] }
        var gone = minutes.filter { $0.number >= minute }.flatMap(\.period.blocks)
        minutes.removeAll { $0.number >= minute }
        if !hasMinutes { gone = whole.blocks }
        whole = HistoryPeriod()
        (isOpen, hasMinutes) = (true, true)
        count()
        return gone
    }

    /// All that is known of it.
    var blocks: [HistoryBlock] { isSealed ? whole.blocks : minutes.flatMap(\.period.blocks) }

    /// What is known of the minutes of it that are in a range.
    func blocks(in range: MinuteRange) -> [HistoryBlock] {
        if isSealed, range.covers(hour: number) { return whole.blocks }
        return minutes.filter { range.contains($0.number) }.flatMap(\.period.blocks)
    }

    private mutating func count() {
        let minuteBytes = minutes.reduce(0) { $0 + MemoryLayout<Minute>.stride + $1.period.byteCount }
        byteCount = minuteBytes + whole.byteCount
    }
}

/// What is known of one stretch of time: one block once it is sealed, and more while spans still come.
struct HistoryPeriod: Sendable {
    private(set) var blocks: [HistoryBlock] = []

    private static let blocksMax = 16
    /// Of the array of blocks, and of what refers to it.
    private static let overhead = 72

    init() {}

    init(merging blocks: [HistoryBlock]) {
        self.blocks = [Self.merge(blocks)]
    }

    var isEmpty: Bool { blocks.isEmpty }
    var isSealed: Bool { blocks.count < 2 }
    var byteCount: Int { blocks.reduce(Self.overhead) { $0 + $1.byteCount } }

    /// Small blocks are merged with each other, and with the large first one only once they amount to something: a few
    /// late spans cost what they are, not what they come late for.
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
