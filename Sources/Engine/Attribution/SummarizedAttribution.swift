/// The attribution of a slot, and its counts.
struct SummarizedAttribution: Sendable {
    let attribution: SlotAttribution
    /// nil if no one asked for it, and for a slot with few rows.
    let summary: AttributionSummary?

    var byteCount: Int { attribution.byteCount + (summary?.byteCount ?? 0) }
}

/// A slot that has settled, with its attribution, to be stored in the window.
package struct SettledSlot: Sendable {
    /// Unix nanoseconds.
    package let start: Int64
    let made: SummarizedAttribution

    package var attribution: SlotAttribution { made.attribution }
}
