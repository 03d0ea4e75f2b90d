/// Slots that left the window by age, kept whole in a replay. Rules see what they saw in the daemon, where such spans
/// are only in the history, and the report is still exact.
struct AgedSlots {
    /// In order of time.
    private(set) var slots: [Slot] = []
    private(set) var byteCount = 0
    /// Whether some were dropped, so that only the history is complete.
    private(set) var areIncomplete = false

    mutating func add(_ slot: Slot) {
        slots.insert(slot, at: index(of: slot.number))
        byteCount += slot.byteCount
    }

    /// Adds a span that arrived after its slot had left the window, unless it is a duplicate.
    ///
    /// - Parameter new: makes the slot if it isn't here.
    /// - Returns: whether an attribution of the slot can still include the span.
    mutating func add(
        _ row: SpanRow, bucket: UInt16, hash: UInt64, seed: UInt64, toSlot number: Int64, new: @autoclosure () -> Slot
    ) -> Bool {
        let index = index(of: number)
        if index == slots.count || slots[index].number != number { add(new()) }
        let before = slots[index].byteCount
        if slots[index].insert(row, bucket: bucket, hash: hash, seed: seed) == .full { areIncomplete = true }
        byteCount += slots[index].byteCount - before
        return slots[index].attribution == nil
    }

    /// False if the slot isn't here.
    mutating func attach(_ attribution: SlotAttribution, toSlot number: Int64) -> Bool {
        let index = index(of: number)
        guard index < slots.count, slots[index].number == number else { return false }
        byteCount -= slots[index].byteCount
        slots[index].attach(attribution)
        byteCount += slots[index].byteCount
        return true
    }

    /// Drops the oldest slots beyond `bytesMax`.
    mutating func trim(to bytesMax: Int) {
        while byteCount > bytesMax, let first = slots.first {
            byteCount -= first.byteCount
            slots.removeFirst()
            areIncomplete = true
        }
    }

    /// Drops everything: the clock was set back, or a slot was full.
    mutating func evictAll() {
        self = AgedSlots()
        areIncomplete = true
    }

    private func index(of number: Int64) -> Int {
        slots.indices.first(reaching: { slots[$0].number >= number })
    }
}
