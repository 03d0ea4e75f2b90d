/// Sorts candidates of a slot by the time of their end. Most come nearly in order.
struct TieSort: Sendable {
    private var before: [TieCandidates.Candidate] = []
    private var ends: [Int] = []

    /// More candidates than this are sorted by stretch first; and within one, no longer by insertion.
    private static let insertionMax = 16

    var byteCount: Int { before.capacity * MemoryLayout<TieCandidates.Candidate>.stride + ends.capacity * 8 }

    @inline(__always)
    mutating func sort(
        _ candidates: inout [TieCandidates.Candidate], _ range: Range<Int>, slotStart: Int64,
        by isBefore: (TieCandidates.Candidate, TieCandidates.Candidate) -> Bool
    ) {
        var sorted = candidates.mutableSpan
        guard range.count > Self.insertionMax else { return Self.insert(&sorted, range, by: isBefore) }
        // About as many stretches of the slot as there are candidates.
        let bits = Int64(range.count.leadingZeroBitCount - Window.slotWidth.leadingZeroBitCount)
        before.removeAllKeepingRoom()
        ends.removeAllKeepingRoom()
        ends += repeatElement(0, count: Int(Window.slotWidth >> bits) + 1)
        for index in range { before.append(sorted[index]) }
        Self.distribute(before, &sorted, from: range.lowerBound, &ends, slotStart, bits)
        var begin = range.lowerBound
        for end in ends where end > begin {
            if end - begin <= Self.insertionMax {
                Self.insert(&sorted, begin..<end, by: isBefore)
            } else {
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

    @inline(__always)
    private static func insert(
        _ candidates: inout MutableSpan<TieCandidates.Candidate>, _ range: Range<Int>,
        by isBefore: (TieCandidates.Candidate, TieCandidates.Candidate) -> Bool
    ) {
        for index in range.dropFirst() {
            let candidate = candidates[index]
            var free = index
            while free > range.lowerBound, isBefore(candidate, candidates[free - 1]) {
                candidates[free] = candidates[free - 1]
                free -= 1
            }
            candidates[free] = candidate
        }
    }
}
