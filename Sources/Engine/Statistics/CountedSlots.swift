/// The slots of a range that moves on, as their rows were counted. Most of them stay as they are from one step to the next:
/// these are looked at, but not copied.
struct CountedSlots: Sendable {
    /// What becomes of the slots in a step.
    struct Change {
        /// Rows counted that are in the range no more.
        var gone: [SlotRows] = []
        /// Rows not yet counted.
        var come: [SlotRows] = []
        /// How many rows are counted still.
        var stayed = 0

        /// More than half of what was counted left: beginning anew costs less than taking it out.
        var removesMost: Bool { gone.reduce(0) { $0 + $1.rows.count } > stayed }
    }

    /// In order of time.
    private var slots: [SlotView] = []

    var isEmpty: Bool { slots.isEmpty }

    /// Moves on to some slots of a view, in order of time.
    mutating func move(to view: [SlotView], _ places: Range<Int>, _ change: inout Change) {
        var place = 0
        for new in places {
            removeSlots(from: place, before: view[new].start, &change)
            if place < slots.count, slots[place].start == view[new].start {
                let counted = slots[place].count
                precondition(counted <= view[new].count)
                change.stayed += counted
                if counted < view[new].count {
                    change.come.append(SlotRows(view[new], from: counted))
                    slots[place] = view[new]
                }
            } else {
                change.come.append(SlotRows(view[new]))
                slots.insert(view[new], at: place)
            }
            place += 1
        }
        removeSlots(from: place, before: .max, &change)
    }

    private mutating func removeSlots(from place: Int, before start: Int64, _ change: inout Change) {
        var end = place
        while end < slots.count, slots[end].start < start {
            change.gone.append(SlotRows(slots[end]))
            end += 1
        }
        if end > place { slots.removeSubrange(place..<end) }
    }
}

extension [SlotView] {
    /// Those that start in `from..<to`, Unix nanoseconds.
    func places(from: Int64, to: Int64) -> Range<Int> {
        let first = firstPlace { $0 >= from }
        return first..<Swift.max(first, firstPlace { $0 >= to })
    }

    /// The first whose start, and all starts behind it, fulfil a condition.
    private func firstPlace(where isReached: (Int64) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isReached(self[middle].start) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
