internal import Synchronization

/// A fixed number of elements behind one pointer: with `SpareMemory`, the only manually managed memory in Engine.
///
/// One thread writes a slot's columns, under the window's lock. Readers get the number of rows written so far and read
/// no others; hence writes are `nonmutating` and the type is `Sendable`. An index outside `0..<capacity` traps.
@safe @usableFromInline
package struct Column<Element: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let base: UnsafeMutablePointer<Element>
    @usableFromInline let capacity: Int
    /// Where its memory goes in the end; nil for malloc.
    private let spares: SpareMemory?

    /// - Parameter spares: memory to take instead of new one.
    init(capacity: Int, from spares: SpareMemory? = nil) {
        let byteCount = capacity * MemoryLayout<Element>.stride
        self.spares = byteCount >= SpareMemory.leastBytes ? spares : nil
        if let spares = self.spares {
            unsafe base = spares.take(byteCount).bindMemory(to: Element.self, capacity: capacity)
        } else {
            unsafe base = .allocate(capacity: capacity)
        }
        self.capacity = capacity
    }

    deinit {
        guard let spares else { return unsafe base.deallocate() }
        unsafe spares.give(UnsafeMutableRawPointer(base), capacity * MemoryLayout<Element>.stride)
    }

    @inlinable @inline(__always)
    package subscript(row: Int) -> Element {
        get {
            precondition(UInt(bitPattern: row) < UInt(bitPattern: capacity))
            return unsafe base[row]
        }
        nonmutating set {
            precondition(UInt(bitPattern: row) < UInt(bitPattern: capacity))
            unsafe base[row] = newValue
        }
    }

    /// Writes to a row already checked against the capacity.
    @inlinable @inline(__always)
    @unsafe
    func write(_ element: Element, atChecked row: Int) {
        unsafe base[row] = element
    }

    /// Reads a row already checked against the capacity.
    @inlinable @inline(__always)
    @unsafe
    func read(atChecked row: Int) -> Element {
        unsafe base[row]
    }

    /// Copies the first `count` elements of another column over those of this one.
    func copyPrefix(_ count: Int, of other: borrowing Column<Element>) {
        precondition(count >= 0 && count <= capacity && count <= other.capacity)
        unsafe base.update(from: other.base, count: count)
    }

    /// Copies the first `count` elements of another column to a place in this one.
    func copyPrefix(_ count: Int, of other: borrowing Column<Element>, to offset: Int) {
        precondition(count >= 0 && offset >= 0 && count <= other.capacity && count <= capacity - offset)
        unsafe (base + offset).update(from: other.base, count: count)
    }

    /// Lends the elements of some rows for one scan.
    @inlinable @inline(__always)
    func withSpan<Result>(_ rows: Range<Int>, _ body: (Span<Element>) -> Result) -> Result {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= capacity)
        return unsafe body(Span(_unsafeStart: UnsafePointer(base + rows.lowerBound), count: rows.count))
    }

    /// Lends the elements of a range.
    @inlinable @inline(__always)
    @_lifetime(borrow self)
    func span(_ range: Range<Int>) -> Span<Element> {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        let span = unsafe Span(_unsafeStart: UnsafePointer(base + range.lowerBound), count: range.count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    func fill(_ count: Int, with element: Element) {
        precondition(count >= 0 && count <= capacity)
        unsafe base.update(repeating: element, count: count)
    }

    /// Makes room for `count` elements, discarding the contents, and shrinks if the room is far larger.
    mutating func makeRoom(_ count: Int) {
        if count > capacity || capacity > 8 * max(count, 512) { self = Column(capacity: count + count / 4) }
    }
}

/// Memory of large columns that are gone, for new ones: the kernel clears every page of new memory, which takes about as long
/// as filling the column.
@safe
final class SpareMemory: Sendable {
    private struct Block {
        let address: UInt
        let byteCount: Int
    }

    /// The oldest first.
    private let blocks = Mutex<[Block]>([])
    private let bytesMax: Int

    /// Below this malloc does the same.
    static let leastBytes = 256 << 10
    private static let alignment = 16

    /// - Parameter bytesMax: is kept at most.
    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    deinit {
        blocks.withLock { for block in $0 { Self.free(block) } }
    }

    var byteCount: Int { blocks.withLock { Self.byteCount($0) } }

    private static func byteCount(_ blocks: [Block]) -> Int { blocks.reduce(0) { $0 + $1.byteCount } }

    /// Memory for at least so many bytes.
    @unsafe
    func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let size = Self.size(byteCount)
        let spare = blocks.withLock { blocks in
            blocks.firstIndex { $0.byteCount == size }.map { blocks.remove(at: $0) }
        }
        if let spare, let start = unsafe UnsafeMutableRawPointer(bitPattern: spare.address) { return unsafe start }
        return .allocate(byteCount: size, alignment: Self.alignment)
    }

    /// Keeps memory that was taken, in place of what it has kept longest.
    ///
    /// - Parameter byteCount: for which it was taken.
    @unsafe
    func give(_ start: UnsafeMutableRawPointer, _ byteCount: Int) {
        let block = Block(address: UInt(bitPattern: start), byteCount: Self.size(byteCount))
        let dropped = blocks.withLock { blocks in
            blocks.append(block)
            var dropped: [Block] = []
            while Self.byteCount(blocks) > bytesMax { dropped.append(blocks.removeFirst()) }
            return dropped
        }
        for block in dropped { Self.free(block) }
    }

    /// Sizes by eighths of an octave, so that a slightly larger column finds one.
    private static func size(_ byteCount: Int) -> Int {
        let step = 1 << max(Int.bitWidth - byteCount.leadingZeroBitCount - 4, 4)
        return (byteCount + step - 1) / step * step
    }

    private static func free(_ block: Block) {
        unsafe UnsafeMutableRawPointer(bitPattern: block.address)?.deallocate()
    }
}

/// Working memory, reused from one block of rows to the next.
///
/// The code that writes also states the size, so that no size computed elsewhere has to be trusted.
struct Scratch<Element: FixedWidthInteger & BitwiseCopyable & Sendable> {
    private var storage: [Element] = []

    /// Room for at least `count` elements. Earlier contents survive if no growth is needed.
    @inline(__always)
    @_lifetime(&self)
    mutating func room(for count: Int) -> MutableSpan<Element> {
        if count > storage.count { grow(count) }
        return storage.mutableSpan
    }

    /// The first `count` elements; there must have been room for them.
    @inline(__always)
    @_lifetime(borrow self)
    func elements(_ count: Int) -> Span<Element> { storage.span.extracting(first: count) }

    @inline(never)
    private mutating func grow(_ count: Int) {
        storage = Array(repeating: 0, count: count + count / 4)
    }
}
