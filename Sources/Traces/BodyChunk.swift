/// Memory that bodies share, so that keeping one takes neither an allocation nor fresh pages.
///
/// Appending and resetting need the lock of `RecentBodies`. What was appended doesn't change until a reset, which needs the
/// only reference, so readers need no lock.
@safe
final class BodyChunk: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    private var used = 0

    init(capacity: Int) {
        unsafe memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        unsafe memory.deallocate()
    }

    var capacity: Int { unsafe memory.count }

    /// Copies a body.
    /// - Returns: where it is; nil if there is no room.
    func append(_ message: RawSpan) -> Range<Int>? {
        let range = used..<used + message.byteCount
        guard range.upperBound <= capacity else { return nil }
        unsafe message.withUnsafeBytes {
            unsafe UnsafeMutableRawBufferPointer(rebasing: memory[range]).copyMemory(from: $0)
        }
        used = range.upperBound
        return range
    }

    func reset() { used = 0 }

    func withBytes<Result>(_ range: Range<Int>, _ body: (RawSpan) throws -> Result) rethrows -> Result {
        try unsafe body(UnsafeRawBufferPointer(rebasing: memory[range]).bytes)
    }
}
