/// Spans that are part of no attribution, by the reason.
package struct UnattributedSpans: Equatable, Sendable {
    /// They came after their slot had settled.
    package var late = 0
    /// Their slot left the window before it had settled.
    package var evicted = 0
    /// Their slot had no room left: they went to the history at once.
    package var full = 0

    package init() {}
}
