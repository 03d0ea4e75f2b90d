import Support

/// The slots of a window in order of time, and what they take together.
struct SlotSequence {
    private(set) var slots: [Slot] = []
    /// All bytes of the slots.
    private(set) var byteCount = 0
    private(set) var spanCount = 0
    /// Bytes of results that don't count against the window's limit yet.
    private var uncountedByteCount = 0
    private var columnByteCount = 0
    /// Where the last span went: the next one probably goes there too.
    private var lastUsed = 0
    private let slotBytesMax: Int
    private let ledger = BlockLedger()
    private let seed: UInt64

    init(slotBytesMax: Int, seed: UInt64) {
        self.slotBytesMax = slotBytesMax
        self.seed = seed
    }

    /// The bytes that count against the window's limit: the same in a daemon and in a replay of its recording.
    var countedByteCount: Int { byteCount - uncountedByteCount }

    /// Bytes of columns that aren't in a slot here any more, but that someone still holds.
    var bytesHeld: Int { max(ledger.byteCount - columnByteCount, 0) }

    /// A slot that isn't in the sequence yet.
    func emptySlot(_ number: Int64, expected: Int = 0) -> Slot {
        Slot(number: number, expected: expected, bytesMax: slotBytesMax, ledger: ledger)
    }

    // MARK: Adding spans

    /// Adds a span to a slot.
    ///
    /// - Returns: what became of it, and whether the slot has an attribution, which then can't include it.
    @inline(__always)
    mutating func insert(
        _ row: SpanRow, bucket: UInt16, hash: UInt64, intoSlot number: Int64
    ) -> (outcome: Slot.Outcome, isAttributed: Bool) {
        let index = index(ofSlot: number)
        let (before, columnsBefore) = (slots[index].byteCount, slots[index].columnByteCount)
        let outcome = slots[index].insert(row, bucket: bucket, hash: hash, seed: seed)
        guard outcome == .added else { return (outcome, false) }
        spanCount += 1
        byteCount += slots[index].byteCount - before
        columnByteCount += slots[index].columnByteCount - columnsBefore
        return (.added, slots[index].attribution != nil)
    }

    /// Notes what the span that was added last says. False if there is no place for it.
    mutating func noteLast(_ text: RawSpan, isWebhook: Bool) -> Bool {
        let before = slots[lastUsed].byteCount
        let isKept = slots[lastUsed].note(text, isWebhook: isWebhook)
        byteCount += slots[lastUsed].byteCount - before
        return isKept
    }

    @inline(__always)
    private mutating func index(ofSlot number: Int64) -> Int {
        if lastUsed < slots.count, slots[lastUsed].number == number { return lastUsed }
        lastUsed = findSlot(number)
        return lastUsed
    }

    @inline(never)
    private mutating func findSlot(_ number: Int64) -> Int {
        let index = slots.indices.first(reaching: { slots[$0].number >= number })
        if index == slots.count || slots[index].number != number {
            // Expect as many spans as in the previous slot if this one is the newest: an index that grows under the
            // lock takes milliseconds.
            let slot = emptySlot(number, expected: index == slots.count ? slots.last?.count ?? 0 : 0)
            byteCount += slot.byteCount
            slots.insert(slot, at: index)
        }
        return index
    }

    // MARK: Results

    /// The slot of a number; nil if it isn't here.
    func slot(_ number: Int64) -> Slot? { slots.first { $0.number == number } }

    /// Changes the results of a slot, if it is here.
    mutating func changeResults(ofSlot number: Int64, _ change: (inout Slot) -> Void) {
        guard let index = slots.firstIndex(where: { $0.number == number }) else { return }
        let before = slots[index].byteCount
        change(&slots[index])
        byteCount += slots[index].byteCount - before
        uncountedByteCount += slots[index].byteCount - before
    }

    /// Counts the results that are there against the window's limit.
    mutating func countResults() {
        guard uncountedByteCount != 0 else { return }
        for index in slots.indices { slots[index].countResults() }
        uncountedByteCount = 0
    }

    /// Keeps the views of slots, so that those that don't change are the same objects in later views.
    mutating func keepViews() {
        for index in slots.indices { slots[index].keepView() }
    }

    // MARK: Removing

    mutating func removeFirst() -> Slot {
        lastUsed = 0
        let slot = slots.removeFirst()
        discount(slot)
        return slot
    }

    mutating func removeLast() -> Slot {
        lastUsed = 0
        let slot = slots.removeLast()
        discount(slot)
        return slot
    }

    private mutating func discount(_ slot: Slot) {
        byteCount -= slot.byteCount
        uncountedByteCount -= slot.uncountedByteCount
        columnByteCount -= slot.columnByteCount
        spanCount -= slot.count
    }
}
