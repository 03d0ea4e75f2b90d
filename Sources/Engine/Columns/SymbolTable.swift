/// Interns byte strings, each with a small number (the salt), to consecutive numbers from 0.
///
/// Looks bytes up by their hash: no `String` is created on a span's path.
struct SymbolTable: Sendable {
    private struct Entry {
        /// The salt in the high half, the length in the low half.
        var key: UInt64
        var offset: Int

        var length: Int { Int(key & 0xFFFF_FFFF) }
    }

    private var arena: [UInt8] = []
    private var entries: [Entry] = []
    private var index = HashIndex(fourthsMax: 2)
    private let seed: UInt64

    /// Series are numbered with 20 bits.
    private static let countMax = 1 << 20 - 1

    init(seed: UInt64 = ByteHash.seed) {
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
        switch index.find(hash, isSame: { matches($0, bytes, key: key) }) {
        case .taken(let number): return number
        case .free(let cell):
            guard entries.count < min(limit, Self.countMax) else { return nil }
            return insert(bytes, key: key, hash: hash, at: cell)
        }
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
        index.removeAll()
    }

    @inline(__always)
    private func matches(_ number: Int, _ bytes: RawSpan, key: UInt64) -> Bool {
        let entry = entries[number]
        guard entry.key == key else { return false }
        return unsafe ByteHash.equal(
            arena.span.bytes.extracting(entry.offset..<entry.offset &+ bytes.byteCount), bytes)
    }

    @inline(never)
    private mutating func insert(_ bytes: RawSpan, key: UInt64, hash: UInt64, at cell: Int) -> Int {
        let number = entries.count
        entries.append(Entry(key: key, offset: arena.count))
        unsafe bytes.withUnsafeBytes { unsafe arena.append(contentsOf: $0) }
        index.fill(cell, number: number, hash: hash) { [entries, arena, seed] known in
            let entry = entries[known]
            return unsafe ByteHash.hash(
                arena.span.bytes.extracting(entry.offset..<entry.offset + entry.length), key: entry.key, seed: seed)
        }
        return number
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
