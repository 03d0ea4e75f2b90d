import Glibc

/// Manually managed memory for an archive's bytes: the only such type in Archive.
///
/// One thread uses it at a time; it moves between threads as a whole. Traps on a range outside `0..<capacity`.
@safe
struct ByteStorage: ~Copyable, @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    let capacity: Int

    /// Size of a huge page; a normal one has 4 KiB.
    static let hugePage = 2 << 20

    /// - Parameter minimum: bytes needed. Large storage is rounded up to whole huge pages, which cost nothing until
    ///   they are written.
    init(minimum: Int) {
        let alignment = minimum >= Self.hugePage / 4 ? Self.hugePage : 64
        capacity = (minimum + alignment - 1) / alignment * alignment
        var memory: UnsafeMutableRawPointer?
        guard unsafe posix_memalign(&memory, alignment, capacity) == 0, let memory = unsafe memory else {
            fatalError("no memory for \(capacity) bytes of an archive")
        }
        // With small pages, the first write of a chunk would take a thousand page faults.
        if alignment == Self.hugePage { unsafe madvise(memory, capacity, MADV_HUGEPAGE) }
        unsafe base = memory
    }

    deinit {
        unsafe free(base)
    }

    /// The range must have been written before.
    @_lifetime(borrow self)
    func bytes(_ range: Range<Int>) -> RawSpan {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        let span = unsafe RawSpan(_unsafeStart: base + range.lowerBound, byteCount: range.count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Lends a range for writing.
    mutating func write<Result, Failure>(
        _ range: Range<Int>, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        return try unsafe body(UnsafeMutableRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    mutating func copy(_ source: RawSpan, to offset: Int) {
        unsafe write(offset..<offset + source.byteCount) { room in
            unsafe source.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
        }
    }

    /// Moves a range to the front; source and target may overlap.
    mutating func moveToFront(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        unsafe memmove(base, base + range.lowerBound, range.count)
    }
}
