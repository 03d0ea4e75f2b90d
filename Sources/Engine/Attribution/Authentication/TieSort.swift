/// Sorts candidates of a slot, most of which are nearly in order.
struct TieSort: Sendable {
    private var before: [TieCandidates.Candidate] = []
    private var ends: [Int] = []

    /// How far candidates may be out of order, on average, to be sorted by insertion.
    private static let movesMax = 8

    var byteCount: Int { before.capacity * MemoryLayout<TieCandidates.Candidate>.stride + ends.capacity * 8 }

    /// Frees memory if it is far more than was needed last.
    mutating func removeAll() {
        before.removeAllKeepingRoom()
        ends.removeAllKeepingRoom()
    }

    @inline(__always)
    mutating func sort(
        _ candidates: inout [TieCandidates.Candidate], _ range: Range<Int>, slotStart: Int64,
        by isBefore: (TieCandidates.Candidate, TieCandidates.Candidate) -> Bool
    ) {
        var sorted = candidates.mutableSpan
        if Self.insert(&sorted, range, by: isBefore, movesMax: range.count * Self.movesMax) { return }
        // About as many stretches of the slot as there are candidates.
        let bits = Int64(range.count.leadingZeroBitCount - Window.slotWidth.leadingZeroBitCount)
        removeAll()
        ends += repeatElement(0, count: Int(Window.slotWidth >> bits) + 1)
        for index in range { before.append(sorted[index]) }
        Self.distribute(before, &sorted, from: range.lowerBound, &ends, slotStart, bits)
        var begin = range.lowerBound
        for end in ends where end > begin {
            if !Self.insert(&sorted, begin..<end, by: isBefore, movesMax: (end - begin) * Self.movesMax) {
                let inOrder = (begin..<end).map { sorted[$0] }.sorted(by: isBefore)
                for index in inOrder.indices { sorted[begin + index] = inOrder[index] }
            }
            begin = end
        }
    }

    /// Moves candidates to their stretches.
    private static func distribute(
        _ all: [TieCandidates.Candidate], _ candidates: inout MutableSpan<TieCandidates.Candidate>, from first: Int,
        _ ends: inout [Int], _ slotStart: Int64, _ bits: Int64
    ) {
        let before = all.span
        var ends = ends.mutableSpan
        for index in before.indices { ends[Int((before[index].end &- slotStart) &>> bits)] &+= 1 }
        var begin = first
        for stretch in ends.indices {
            let size = ends[stretch]
            ends[stretch] = begin
            begin &+= size
        }
        for index in before.indices {
            let stretch = Int((before[index].end &- slotStart) &>> bits)
            candidates[ends[stretch]] = before[index]
            ends[stretch] &+= 1
        }
    }

    /// Sorts by insertion.
    ///
    /// - Returns: false if that takes too many moves; the candidates are then in another order.
    @inline(__always)
    private static func insert(
        _ candidates: inout MutableSpan<TieCandidates.Candidate>, _ range: Range<Int>,
        by isBefore: (TieCandidates.Candidate, TieCandidates.Candidate) -> Bool, movesMax: Int
    ) -> Bool {
        guard range.count > 1 else { return true }
        var movesLeft = movesMax
        var last = candidates[range.lowerBound]
        for index in range.lowerBound + 1..<range.upperBound {
            let candidate = candidates[index]
            guard isBefore(candidate, last) else {
                last = candidate
                continue
            }
            var free = index
            while free > range.lowerBound, isBefore(candidate, candidates[free - 1]) {
                candidates[free] = candidates[free - 1]
                free -= 1
            }
            candidates[free] = candidate
            movesLeft -= index - free
            if movesLeft < 0 { return false }
        }
        return true
    }
}
