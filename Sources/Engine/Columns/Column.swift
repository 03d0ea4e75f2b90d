/// A fixed number of elements behind one pointer: the only manually managed memory in Engine.
///
/// One thread writes a slot's columns, under the window's lock. Readers get the number of rows written so far and read
/// no others; hence writes are `nonmutating` and the type is `Sendable`. An index outside `0..<capacity` traps.
@safe @usableFromInline
package struct Column<Element: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let base: UnsafeMutablePointer<Element>
    @usableFromInline let capacity: Int

    init(capacity: Int) {
        unsafe base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit {
        unsafe base.deallocate()
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
