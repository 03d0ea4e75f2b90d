/// Finds the number of an entry by the hash of its key. The entries are the caller's, numbered from 0 as they are added.
///
/// Open addressing. A cell holds 8 bits of hash and 24 bits of number plus one, so that nearly every other entry met while
/// probing is skipped without reading its key. `SlotTraces`, `TraceTree` and `SeriesTally` probe by themselves: their keys
/// are of a fixed size and at hand, so that comparing bits of hash first would only take time.
struct HashIndex: Sendable {
    private var cells: [UInt32]
    private var used = 0
    /// How many of four cells are used before it grows: three take less memory, two take fewer probes.
    private let fourthsMax: Int

    /// The most entries that 24 bits of number plus one can distinguish.
    static let countMax = 1 << 24 - 1

    /// - Parameter expected: entries that fit without growing.
    init(expected: Int = 0, fourthsMax: Int) {
        var cellCount = 64
        while cellCount * fourthsMax < expected * 4 { cellCount *= 2 }
        cells = Array(repeating: 0, count: cellCount)
        self.fourthsMax = fourthsMax
    }

    var byteCount: Int { cells.count * 4 }

    /// Where an entry with a given hash is, or would go.
    enum Lookup {
        case free(cell: Int)
        case taken(number: Int)
    }

    @inline(__always)
    func find(_ hash: UInt64, isSame: (_ number: Int) -> Bool) -> Lookup {
        let tag = UInt32(truncatingIfNeeded: hash &>> 56)
        let mask = cells.count &- 1
        var cell = Int(truncatingIfNeeded: hash) & mask
        while true {
            let value = cells[cell]
            if value == 0 { return .free(cell: cell) }
            if value &>> 24 == tag {
                let number = Int(value & 0xFF_FFFF) &- 1
                if isSame(number) { return .taken(number: number) }
            }
            cell = (cell &+ 1) & mask
        }
    }

    /// The contents of the cell where `find` starts.
    @inline(__always)
    func firstCell(_ hash: UInt64) -> UInt32 {
        cells[Int(truncatingIfNeeded: hash) & (cells.count - 1)]
    }

    /// Fills a free cell from `find` with the next number. Calls `hashOfEntry` for every entry when the table grows.
    @inline(__always)
    mutating func fill(_ cell: Int, number: Int, hash: UInt64, hashOfEntry: (_ number: Int) -> UInt64) {
        cells[cell] = Self.value(number, hash)
        used += 1
        if used * 4 > cells.count * fourthsMax { grow(count: number + 1, hashOfEntry) }
    }

    /// Removes all entries, keeping the memory.
    mutating func removeAll() {
        guard used > 0 else { return }
        used = 0
        for cell in cells.indices { cells[cell] = 0 }
    }

    @inline(__always)
    private static func value(_ number: Int, _ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash &>> 56) &<< 24 | UInt32(truncatingIfNeeded: number &+ 1)
    }

    private mutating func grow(count: Int, _ hashOfEntry: (Int) -> UInt64) {
        var larger = [UInt32](repeating: 0, count: cells.count * 2)
        let mask = larger.count - 1
        for number in 0..<count {
            let hash = hashOfEntry(number)
            var cell = Int(truncatingIfNeeded: hash) & mask
            while larger[cell] != 0 { cell = (cell + 1) & mask }
            larger[cell] = Self.value(number, hash)
        }
        cells = larger
    }
}
