/// Room to work in, used again for one block of rows after the other.
///
/// Whoever writes says for how many elements, right there: no size is worked out in one place and relied upon in another.
struct Scratch<Element: FixedWidthInteger & BitwiseCopyable & Sendable> {
    private var storage: [Element] = []

    /// Room for at least so many elements. What was there before stays where the room was large enough.
    @inline(__always)
    @_lifetime(&self)
    mutating func room(for count: Int) -> MutableSpan<Element> {
        if count > storage.count { grow(count) }
        return storage.mutableSpan
    }

    /// The first elements, as many as there has been room for.
    @inline(__always)
    @_lifetime(borrow self)
    func elements(_ count: Int) -> Span<Element> { storage.span.extracting(first: count) }

    @inline(never)
    private mutating func grow(_ count: Int) {
        storage = Array(repeating: 0, count: count + count / 4)
    }
}
