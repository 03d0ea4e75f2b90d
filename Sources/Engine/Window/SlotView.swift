import Support

/// A slot as it was when the view was taken: one reference, since every evaluation copies those of the whole window.
package struct SlotView: Sendable {
    private final class Contents: Sendable {
        let start: Int64
        let count: Int
        let overflow: Int
        let blocks: [SpanBlock]
        let bucketMin: UInt16
        let bucketMax: UInt16
        let messages: SlotTexts?
        let webhooks: SlotTexts?
        let attribution: SlotAttribution?
        let summary: SlotSummary?
        let attributionSummary: AttributionSummary?
        let selfTimeBuckets: SelfTimeBuckets?
        let openRequests: CountedRequests?

        init(_ slot: Slot) {
            start = slot.number * Window.slotWidth
            count = slot.count
            overflow = slot.overflow
            blocks = slot.blocks
            bucketMin = slot.bucketMin
            bucketMax = slot.bucketMax
            messages = slot.messages
            webhooks = slot.webhooks
            attribution = slot.attribution
            summary = slot.summary
            attributionSummary = slot.attributionSummary
            selfTimeBuckets = slot.attributionSummary?.buckets
            openRequests = nil
        }

        /// A slot without spans.
        init(remembered start: Int64, _ summary: SlotSummary, _ attributionSummary: AttributionSummary) {
            self.start = start
            (count, overflow, blocks) = (0, 0, [])
            (bucketMin, bucketMax, messages, webhooks) = (.max, .min, nil, nil)
            attribution = nil
            self.summary = summary
            self.attributionSummary = attributionSummary
            (selfTimeBuckets, openRequests) = (nil, nil)
        }

        init(
            _ other: Contents, attribution: SlotAttribution?, summary: SlotSummary?,
            attributionSummary: AttributionSummary?, selfTimeBuckets: SelfTimeBuckets?,
            openRequests: CountedRequests? = nil
        ) {
            (start, count, overflow, blocks) = (other.start, other.count, other.overflow, other.blocks)
            (bucketMin, bucketMax) = (other.bucketMin, other.bucketMax)
            (messages, webhooks) = (other.messages, other.webhooks)
            self.attribution = attribution
            self.summary = summary
            self.attributionSummary = attributionSummary
            self.selfTimeBuckets = selfTimeBuckets
            self.openRequests = openRequests
        }
    }

    private var contents: Contents

    init(_ slot: Slot) {
        contents = Contents(slot)
    }

    /// A slot of which only the counts are known.
    init(remembered start: Int64, _ summary: SlotSummary, _ attributionSummary: AttributionSummary) {
        contents = Contents(remembered: start, summary, attributionSummary)
    }

    /// The counts of a slot that has no spans itself: an earlier process had them. nil for others.
    var remembered: (spans: SlotSummary, attribution: AttributionSummary)? {
        guard blocks.isEmpty, let summary, let attributionSummary else { return nil }
        return (summary, attributionSummary)
    }

    /// Whether nothing about it differs from another view of the slot. A few of those that don't differ aren't identical.
    @inline(__always)
    func isIdentical(to other: SlotView) -> Bool { contents === other.contents }

    /// Unix nanoseconds.
    package var start: Int64 { contents.start }
    package var count: Int { contents.count }
    /// Spans that the slot had no room for: they are in the history only.
    var overflow: Int { contents.overflow }
    var blocks: [SpanBlock] { contents.blocks }
    var bucketMin: UInt16 { contents.bucketMin }
    var bucketMax: UInt16 { contents.bucketMax }
    /// What failing spans said; nil if none did.
    var messages: SlotTexts? { contents.messages }
    /// The names of called webhooks (`WebhookName`); nil if no span has one.
    var webhooks: SlotTexts? { contents.webhooks }
    /// nil until the slot has been attributed.
    var attribution: SlotAttribution? { contents.attribution }
    /// nil until rules have looked at the slot, and for a slot of few rows.
    var summary: SlotSummary? { contents.summary }
    /// The same for its attribution.
    var attributionSummary: AttributionSummary? { contents.attributionSummary }
    /// nil if the buckets of self times have to be computed row by row.
    var selfTimeBuckets: SelfTimeBuckets? { contents.selfTimeBuckets }

    /// What was counted of its requests; nil once it is attributed, and where nobody compares.
    var openRequests: CountedRequests? { contents.openRequests }

    mutating func attach(_ counted: CountedRequests) {
        contents = Contents(
            contents, attribution: attribution, summary: summary, attributionSummary: attributionSummary,
            selfTimeBuckets: selfTimeBuckets, openRequests: counted)
    }

    mutating func attach(_ made: SummarizedAttribution) {
        contents = Contents(
            contents, attribution: made.attribution, summary: summary, attributionSummary: made.summary,
            selfTimeBuckets: made.summary?.buckets)
    }

    mutating func attach(_ buckets: SelfTimeBuckets) {
        contents = Contents(
            contents, attribution: attribution, summary: summary, attributionSummary: attributionSummary,
            selfTimeBuckets: buckets)
    }

    mutating func attach(_ summaries: SlotSummaries) {
        contents = Contents(
            contents, attribution: attribution, summary: summaries.rows ?? summary,
            attributionSummary: summaries.attribution ?? attributionSummary,
            selfTimeBuckets: summaries.attribution?.buckets ?? selfTimeBuckets)
    }

    /// Bytes of its counts.
    var countsByteCount: Int { (summary?.byteCount ?? 0) + (attributionSummary?.byteCount ?? 0) }

    /// Unix nanoseconds, exclusive.
    var end: Int64 { start.addingSaturating(Window.slotWidth) }

    @inline(__always)
    func row(_ row: Int) -> SpanRow {
        let (block, offset) = Slot.locate(row)
        return blocks[block].columns.row(offset)
    }

    /// The earliest and the latest span end, Unix nanoseconds.
    var ends: ClosedRange<Int64> {
        var (first, last) = (end, start)
        forEachBlock { columns, rows in
            for row in 0..<rows {
                let end = columns.start[row] &+ columns.duration[row]
                (first, last) = (min(first, end), max(last, end))
            }
        }
        return min(first, last)...last
    }

    /// Whether any of its spans ended in a range.
    func hasSpans(in range: TimeRange) -> Bool {
        if range.covers(self) { return count > 0 }
        var isFound = false
        forEachBlock { columns, rows in
            guard !isFound else { return }
            isFound = (0..<rows).contains { range.contains(columns.start[$0] &+ columns.duration[$0]) }
        }
        return isFound
    }

    /// Calls `body` with each block and its number of rows.
    @inline(__always)
    func forEachBlock(_ body: (borrowing SpanColumns, _ count: Int) -> Void) {
        var remaining = count
        for block in blocks where remaining > 0 {
            let rows = min(remaining, block.columns.capacity)
            body(block.columns, rows)
            remaining -= rows
        }
    }
}
