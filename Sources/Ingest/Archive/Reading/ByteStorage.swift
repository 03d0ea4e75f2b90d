import Glibc

/// Memory for an archive's bytes behind one pointer: the only place in Archive where it is owned by hand.
///
/// It belongs to one thread at a time and moves between two as a whole. A range outside `0..<capacity` is a programmer's
/// error and stops the process.
@safe
struct ByteStorage: ~Copyable, @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    let capacity: Int

    /// The size of huge pages where others have 4 KiB.
    static let hugePage = 2 << 20

    /// - Parameter minimum: the bytes that are needed; large storage gets whole huge pages, which cost nothing before
    ///   they are written.
    init(minimum: Int) {
        let alignment = minimum >= Self.hugePage / 4 ? Self.hugePage : 64
        capacity = (minimum + alignment - 1) / alignment * alignment
        var memory: UnsafeMutableRawPointer?
        guard unsafe posix_memalign(&memory, alignment, capacity) == 0, let memory = unsafe memory else {
            fatalError("no memory for \(capacity) bytes of an archive")
        }
        // By small pages the kernel would be entered a thousand times until a chunk is first written.
        if alignment == Self.hugePage { unsafe madvise(memory, capacity, MADV_HUGEPAGE) }
        unsafe base = memory
    }

    deinit {
        unsafe free(base)
    }

    /// Bytes that were written before.
    @_lifetime(borrow self)
    func bytes(_ range: Range<Int>) -> RawSpan {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        let span = unsafe RawSpan(_unsafeStart: base + range.lowerBound, byteCount: range.count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Lends a range to be written.
    mutating func write<Result, Failure>(
        _ range: Range<Int>, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        return try unsafe body(UnsafeMutableRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// Copies bytes from elsewhere to an offset.
    mutating func copy(_ source: RawSpan, to offset: Int) {
        unsafe write(offset..<offset + source.byteCount) { room in
            unsafe source.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
        }
    }

    /// Moves a range to the front; the two may overlap.
    mutating func moveToFront(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        unsafe memmove(base, base + range.lowerBound, range.count)
    }
}
