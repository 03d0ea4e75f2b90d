/// Byte strings, each with a small number beside it (the salt), interned to consecutive numbers from 0.
///
/// Open addressing over hashed bytes: no `String` is made on the way of a span.
package struct SymbolTable: Sendable {
    private struct Entry {
        var hash: UInt64
        var salt: UInt64
        var offset: Int
        var length: Int
    }

    private var arena: [UInt8] = []
    private var entries: [Entry] = []
    /// Entry number plus one; 0 is free. A power of two, at most half full.
    private var cells: [UInt32]
    private let seed: UInt64

    package init(seed: UInt64 = ByteHash.seed) {
        cells = Array(repeating: 0, count: 64)
        self.seed = seed
    }

    package var count: Int { entries.count }

    /// The number of these bytes, new if they have none yet; nil if they are new and the table has `limit` entries.
    @inline(__always)
    package mutating func intern(_ bytes: RawSpan, salt: UInt64, limit: Int) -> Int? {
        let hash = ByteHash.hash(bytes, salt: salt, seed: seed)
        let mask = cells.count - 1
        var cell = Int(truncatingIfNeeded: hash) & mask
        while cells[cell] != 0 {
            let number = Int(cells[cell]) - 1
            if entries[number].hash == hash, matches(number, bytes, salt: salt) { return number }
            cell = (cell + 1) & mask
        }
        guard entries.count < limit else { return nil }
        return insert(bytes, salt: salt, hash: hash, at: cell)
    }

    /// Lends the bytes of an entry.
    package func withBytes<Result>(_ number: Int, _ body: (RawSpan) -> Result) -> Result {
        let entry = entries[number]
        return unsafe body(arena.span.bytes.extracting(entry.offset..<entry.offset + entry.length))
    }

    package func salt(_ number: Int) -> UInt64 { entries[number].salt }

    /// The bytes of an entry as text, with U+FFFD for what is not UTF-8.
    package func text(_ number: Int) -> String {
        let entry = entries[number]
        return String(decoding: arena[entry.offset..<entry.offset + entry.length], as: UTF8.self)
    }

    /// Forgets all entries, keeping the memory.
    package mutating func removeAll() {
        guard !entries.isEmpty else { return }
        arena.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        for cell in cells.indices { cells[cell] = 0 }
    }

    @inline(__always)
    private func matches(_ number: Int, _ bytes: RawSpan, salt: UInt64) -> Bool {
        let entry = entries[number]
        guard entry.salt == salt, entry.length == bytes.byteCount else { return false }
        return unsafe ByteHash.equal(
            arena.span.bytes.extracting(entry.offset..<entry.offset + entry.length), bytes)
    }

    @inline(never)
    private mutating func insert(_ bytes: RawSpan, salt: UInt64, hash: UInt64, at cell: Int) -> Int {
        let number = entries.count
        entries.append(Entry(hash: hash, salt: salt, offset: arena.count, length: bytes.byteCount))
        unsafe bytes.withUnsafeBytes { unsafe arena.append(contentsOf: $0) }
        cells[cell] = UInt32(truncatingIfNeeded: number + 1)
        if entries.count * 2 > cells.count { grow() }
        return number
    }

    private mutating func grow() {
        var larger = [UInt32](repeating: 0, count: cells.count * 2)
        let mask = larger.count - 1
        for (number, entry) in entries.enumerated() {
            var cell = Int(truncatingIfNeeded: entry.hash) & mask
            while larger[cell] != 0 { cell = (cell + 1) & mask }
            larger[cell] = UInt32(truncatingIfNeeded: number + 1)
        }
        cells = larger
    }
}
