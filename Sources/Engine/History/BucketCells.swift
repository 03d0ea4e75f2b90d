/// Counts by series and latency bucket, in an open-addressing table with one cell per pair in use. A series has spans in
/// a few dozen of the 4,034 buckets at a time.
struct BucketCells: Sendable {
    private var keys: [UInt32]
    private var counts: [Int]
    private(set) var used = 0
    /// Seeded because clients choose durations, and could choose colliding ones.
    private let seed = ByteHash.seed

    private static let free = UInt32.max
    private static let cellsMin = 256

    init() {
        keys = Array(repeating: Self.free, count: Self.cellsMin)
        counts = Array(repeating: 0, count: Self.cellsMin)
    }

    /// - Parameter series: below 2^20.
    @inline(__always)
    mutating func add(series: Int, code: UInt16, count: Int) {
        let key = UInt32(truncatingIfNeeded: series) &<< 12 | UInt32(code)
        let cell = find(key)
        counts[cell] += count
        if keys[cell] != key { fill(cell, key) }
    }

    /// Calls `body` with each pair in use, in no particular order.
    func forEach(_ body: (_ series: Int, _ code: UInt16, _ count: Int) -> Void) {
        for cell in keys.indices where keys[cell] != Self.free {
            body(Int(keys[cell] &>> 12), UInt16(keys[cell] & 0xFFF), counts[cell])
        }
    }

    mutating func removeAll() {
        guard used > 0 else { return }
        used = 0
        for cell in keys.indices {
            keys[cell] = Self.free
            counts[cell] = 0
        }
    }

    @inline(__always)
    private func find(_ key: UInt32) -> Int {
        let mask = keys.count - 1
        var cell = Int(truncatingIfNeeded: ByteHash.mix(UInt64(key), seed)) & mask
        while keys[cell] != key, keys[cell] != Self.free { cell = (cell + 1) & mask }
        return cell
    }

    @inline(never)
    private mutating func fill(_ cell: Int, _ key: UInt32) {
        keys[cell] = key
        used += 1
        if used * 2 > keys.count { grow() }
    }

    private mutating func grow() {
        let (oldKeys, oldCounts) = (keys, counts)
        keys = Array(repeating: Self.free, count: oldKeys.count * 2)
        counts = Array(repeating: 0, count: oldKeys.count * 2)
        for old in oldKeys.indices where oldKeys[old] != Self.free {
            let cell = find(oldKeys[old])
            keys[cell] = oldKeys[old]
            counts[cell] = oldCounts[old]
        }
    }
}
