/// Interns byte strings, each with a small number (the salt), to consecutive numbers from 0.
///
/// Open addressing over hashed bytes: no `String` is created on a span's path.
struct SymbolTable: Sendable {
    private struct Entry {
        /// The salt in the high half, the length in the low half.
        var key: UInt64
        var offset: Int

        var length: Int { Int(key & 0xFFFF_FFFF) }
    }

    private var arena: [UInt8] = []
    private var entries: [Entry] = []
    /// The entry's number plus one in the low 20 bits, hash bits in the rest; 0 is free. The size is a power of two, at
    /// most half full.
    private var cells: [UInt32]
    private let seed: UInt64

    /// The most entries that 20 bits of number plus one can tell apart.
    private static let countMax = 1 << 20 - 1
    private static let cellsMin = 64

    init(seed: UInt64 = ByteHash.seed) {
        cells = Array(repeating: 0, count: Self.cellsMin)
        self.seed = seed
    }

    var count: Int { entries.count }
    /// Bytes of all strings.
    var byteCount: Int { arena.count }

    /// The number of these bytes, a new one if they aren't interned yet; nil if they are new and the table has `limit`
    /// entries.
    @inline(__always)
    mutating func intern(_ bytes: RawSpan, salt: UInt32, limit: Int) -> Int? {
        let key = UInt64(salt) &<< 32 | UInt64(truncatingIfNeeded: bytes.byteCount)
        let hash = ByteHash.hash(bytes, key: key, seed: seed)
        let mask = cells.count &- 1
        var cell = Int(truncatingIfNeeded: hash) & mask
        while cells[cell] != 0 {
            let difference = cells[cell] ^ Self.tag(hash)
            if difference <= Self.countMax {
                let number = Int(difference) &- 1
                if matches(number, bytes, key: key) { return number }
            }
            cell = (cell &+ 1) & mask
        }
        guard entries.count < min(limit, Self.countMax) else { return nil }
        return insert(bytes, key: key, hash: hash, at: cell)
    }

    /// Lends the bytes of an entry.
    func withBytes<Result>(_ number: Int, _ body: (RawSpan) -> Result) -> Result {
        let entry = entries[number]
        return unsafe body(arena.span.bytes.extracting(entry.offset..<entry.offset + entry.length))
    }

    func salt(_ number: Int) -> UInt32 { UInt32(entries[number].key &>> 32) }

    /// Removes all entries, keeping the memory.
    mutating func removeAll() {
        guard !entries.isEmpty else { return }
        arena.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        for cell in cells.indices { cells[cell] = 0 }
    }

    @inline(__always)
    private func matches(_ number: Int, _ bytes: RawSpan, key: UInt64) -> Bool {
        let entry = entries[number]
        guard entry.key == key else { return false }
        return unsafe ByteHash.equal(
            arena.span.bytes.extracting(entry.offset..<entry.offset &+ bytes.byteCount), bytes)
    }

    @inline(__always)
    private static func tag(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash &>> 32) & ~UInt32(countMax)
    }

    @inline(never)
    private mutating func insert(_ bytes: RawSpan, key: UInt64, hash: UInt64, at cell: Int) -> Int {
        let number = entries.count
        entries.append(Entry(key: key, offset: arena.count))
        unsafe bytes.withUnsafeBytes { unsafe arena.append(contentsOf: $0) }
        cells[cell] = Self.tag(hash) | UInt32(truncatingIfNeeded: number + 1)
        if entries.count * 2 > cells.count { grow() }
        return number
    }

    private mutating func grow() {
        cells = [UInt32](repeating: 0, count: cells.count * 2)
        let mask = cells.count - 1
        for (number, entry) in entries.enumerated() {
            let hash = withBytes(number) { ByteHash.hash($0, key: entry.key, seed: seed) }
            var cell = Int(truncatingIfNeeded: hash) & mask
            while cells[cell] != 0 { cell = (cell + 1) & mask }
            cells[cell] = Self.tag(hash) | UInt32(truncatingIfNeeded: number + 1)
        }
    }
}

/// Group, resource and subresource as one byte string, each ended by a zero byte: the key that request labels are
/// interned by.
struct RequestKey: ~Copyable, Sendable {
    /// Room for three labels of 253 bytes, and for the last word to be written whole.
    private let bytes = Column<UInt8>(capacity: 800)
    private var count = 0

    mutating func removeAll() {
        count = 0
    }

    /// Appends a part of at most 253 bytes; at most three parts fit.
    mutating func append(_ part: RawSpan) {
        for offset in 0..<part.byteCount {
            bytes[count &+ offset] = ASCII.byte(part, offset)
        }
        count += part.byteCount
        bytes[count] = 0
        count += 1
    }

    func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
        bytes.withSpan(0..<count) { unsafe body($0.bytes) }
    }
}
