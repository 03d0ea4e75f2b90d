/// Slots that left the window by their age, kept as they are by a replay: rules see what they saw in the daemon, where such
/// spans are in the history alone, and the report is exact all the same.
struct AgedSlots {
    /// In order of time.
    private(set) var slots: [Slot] = []
    private(set) var byteCount = 0
    /// Whether some of them had to go, so that only the history has all.
    private(set) var areIncomplete = false

    mutating func add(_ slot: Slot) {
        slots.insert(slot, at: place(of: slot.number))
        byteCount += slot.byteCount
    }

    /// Adds a span that came after its slot had left the window; one that is there already counts once here.
    /// - Parameter new: what makes a slot that isn't here.
    mutating func add(
        _ row: SpanRow, bucket: UInt16, hash: UInt64, seed: UInt64, toSlot number: Int64, new: @autoclosure () -> Slot
    ) {
        let place = place(of: number)
        if place == slots.count || slots[place].number != number { add(new()) }
        let before = slots[place].byteCount
        if slots[place].insert(row, bucket: bucket, hash: hash, seed: seed) == .full { areIncomplete = true }
        byteCount += slots[place].byteCount - before
    }

    /// False if the slot isn't here.
    mutating func attach(_ attribution: SlotAttribution, toSlot number: Int64) -> Bool {
        let place = place(of: number)
        guard place < slots.count, slots[place].number == number else { return false }
        byteCount -= slots[place].byteCount
        slots[place].attach(attribution)
        byteCount += slots[place].byteCount
        return true
    }

    /// Lets go of the oldest beyond so many bytes.
    mutating func trim(to bytesMax: Int) {
        while byteCount > bytesMax, let first = slots.first {
            byteCount -= first.byteCount
            slots.removeFirst()
            areIncomplete = true
        }
    }

    /// Lets go of all, as their times come again.
    mutating func giveUp() {
        self = AgedSlots()
        areIncomplete = true
    }

    private func place(of number: Int64) -> Int {
        var (low, high) = (0, slots.count)
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
