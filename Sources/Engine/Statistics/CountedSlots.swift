/// The counted slots of a sliding range. Most stay the same from one step to the next; these are checked but not
/// copied.
struct CountedSlots: Sendable {
    /// The changes of a step.
    struct Change {
        /// Counted rows that left the range.
        var left: [SlotRows] = []
        /// Rows not yet counted.
        var joined: [SlotRows] = []
        /// Number of counted rows that stayed.
        var stayed = 0

        /// If more than half of the counted rows left, starting over costs less than subtracting.
        var removesMost: Bool { left.reduce(0) { $0 + $1.rows.count } > stayed }
    }

    /// In order of time.
    private var slots: [SlotView] = []

    var isEmpty: Bool { slots.isEmpty }

    /// Moves to some slots of a view, in order of time.
    mutating func move(
        to view: [SlotView], _ indices: Range<Int>, _ population: Population, _ change: inout Change
    ) {
        var index = 0
        for new in indices {
            removeSlots(from: index, before: view[new].start, &change)
            if index < slots.count, slots[index].start == view[new].start {
                let counted = slots[index].count
                precondition(counted <= view[new].count)
                if population == .requests, slots[index].attribution !== view[new].attribution {
                    change.left.append(SlotRows(slots[index]))
                    change.joined.append(SlotRows(view[new]))
                    slots[index] = view[new]
                    index += 1
                    continue
                }
                change.stayed += counted
                if counted < view[new].count {
                    change.joined.append(SlotRows(view[new], from: counted))
                    slots[index] = view[new]
                }
            } else {
                change.joined.append(SlotRows(view[new]))
                slots.insert(view[new], at: index)
            }
            index += 1
        }
        removeSlots(from: index, before: .max, &change)
    }

    private mutating func removeSlots(from index: Int, before start: Int64, _ change: inout Change) {
        var end = index
        while end < slots.count, slots[end].start < start {
            change.left.append(SlotRows(slots[end]))
            end += 1
        }
        if end > index { slots.removeSubrange(index..<end) }
    }
}
