/// The counted slots of a sliding range. Most stay the same from one step to the next; of these not even the contents are
/// looked at.
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
    /// Of all slots.
    private var rowCount = 0

    var isEmpty: Bool { slots.isEmpty }

    /// Moves to some slots of a view, in order of time.
    mutating func move(
        to view: [SlotView], _ indices: Range<Int>, _ population: Population, _ change: inout Change
    ) {
        var index = 0
        let before = rowCount
        for new in indices {
            if index < slots.count, slots[index].isIdentical(to: view[new]) {
                index += 1
                continue
            }
            removeSlots(from: index, before: view[new].start, &change)
            if index < slots.count, slots[index].start == view[new].start {
                replace(index, by: view[new], population, &change)
            } else {
                change.joined.append(SlotRows(view[new]))
                slots.insert(view[new], at: index)
                rowCount += view[new].count
            }
            index += 1
        }
        removeSlots(from: index, before: .max, &change)
        change.stayed = before - change.left.reduce(0) { $0 + $1.rows.count }
    }

    private mutating func replace(
        _ index: Int, by new: SlotView, _ population: Population, _ change: inout Change
    ) {
        let counted = slots[index].count
        precondition(counted <= new.count)
        if population == .requests, slots[index].attribution !== new.attribution {
            change.left.append(SlotRows(slots[index]))
            change.joined.append(SlotRows(new))
        } else if counted < new.count {
            change.joined.append(SlotRows(new, from: counted))
        }
        slots[index] = new
        rowCount += new.count - counted
    }

    private mutating func removeSlots(from index: Int, before start: Int64, _ change: inout Change) {
        var end = index
        while end < slots.count, slots[end].start < start {
            change.left.append(SlotRows(slots[end]))
            rowCount -= slots[end].count
            end += 1
        }
        if end > index { slots.removeSubrange(index..<end) }
    }
}
