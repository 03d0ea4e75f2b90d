/// The counted slots of a sliding range. Most stay the same from one step to the next; these are checked but not
/// copied.
struct CountedSlots: Sendable {
    /// The changes of a step.
    struct Change {
        /// Counted rows that left the range.
        var gone: [SlotRows] = []
        /// Rows not yet counted.
        var come: [SlotRows] = []
        /// Number of counted rows that stayed.
        var stayed = 0

        /// More than half of the counted rows left: starting over costs less than subtracting.
        var removesMost: Bool { gone.reduce(0) { $0 + $1.rows.count } > stayed }
    }

    /// In order of time.
    private var slots: [SlotView] = []

    var isEmpty: Bool { slots.isEmpty }

    /// Moves to some slots of a view, in order of time.
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
