package import Engine

/// Everything that reports and the scrape are made from, at one moment.
package struct PipelineSummary: Sendable {
    package internal(set) var view: WindowView
    package let totals: CumulativeTotals
    package let sources: SourceTable
    package let counts: SpanCounts
    package let unattributed: UnattributedSpans
    /// By component number.
    package let componentNames: [String]

    /// The summary without spans that have left the window.
    package var windowOnly: PipelineSummary {
        var summary = self
        summary.view = view.windowOnly
        summary.isWindowOnly = true
        return summary
    }

    private var isWindowOnly = false

    init(
        view: WindowView, totals: CumulativeTotals, sources: SourceTable, counts: SpanCounts,
        unattributed: UnattributedSpans, componentNames: [String]
    ) {
        self.view = view
        self.totals = totals
        self.sources = sources
        self.counts = counts
        self.unattributed = unattributed
        self.componentNames = componentNames
    }

    /// The earliest and the latest span end, Unix nanoseconds; nil if there are no spans.
    package var ends: ClosedRange<Int64>? {
        if isWindowOnly { return view.ends }
        return totals.firstEnd <= totals.lastEnd ? totals.firstEnd...totals.lastEnd : nil
    }

    /// How long spans have been ending within a range: the time that rates are taken over. At least a second, so that
    /// spans that end together have no absurd rate.
    ///
    /// - Parameter range: Unix nanoseconds; nil for everything.
    package func seconds(in range: Range<Int64>? = nil) -> Double {
        guard let ends else { return 0 }
        let first = max(ends.lowerBound, range?.lowerBound ?? .min)
        let last = min(ends.upperBound, range?.upperBound ?? .max)
        let coverage = range != nil && first < last ? view.coverage(of: first..<last) : 1
        return max(Double(last - first) / 1e9 * coverage, 1)
    }
}

/// Metrics of the window itself, and of its history.
package struct WindowGauges: Sendable {
    package let spans: Int
    package let bytes: Int
    /// Bytes of evicted spans that readers or the history's queue still hold.
    package let bytesHeld: Int
    /// Unix nanoseconds; nil while the window is empty.
    package let oldest: Int64?
    package let operations: NameGauges
    package let requests: NameGauges
    package let sources: NameGauges
    /// Spans of clusters beyond the limit.
    package let clustersOverflowed: Int
    package let overflowedTexts: OverflowedTexts
    package let historyBytes: Int
    /// Unix nanoseconds; nil while the history is empty.
    package let historyOldest: Int64?
    /// Spans that are in no range since the clock was set back past their ends.
    package let setBack: Int
    package let unattributed: UnattributedSpans
    package let attribution: AttributionGauges
}

/// Metrics of attribution.
package struct AttributionGauges: Sendable {
    /// Working memory.
    package let bytes: Int
    /// Slots attributed before they settled, because they were about to be evicted.
    package let slotsEarly: Int
}

/// Metrics of a table of names.
package struct NameGauges: Equatable, Sendable {
    /// Spans, or requests, whose name had no place.
    package let overflowed: Int
    /// Names that were forgotten.
    package let forgotten: Int
    /// The last name that had no place.
    package let overflow: NameOverflow?

    init(_ table: OperationTable) {
        (overflowed, forgotten, overflow) = (table.overflowed, table.forgotten, table.overflow)
    }

    init(_ table: RequestTable) {
        (overflowed, forgotten, overflow) = (table.overflowed, table.forgotten, table.overflow)
    }

    init(_ table: SourceTable) {
        (overflowed, forgotten, overflow) = (table.overflowed, table.forgotten, table.overflow)
    }
}

/// Received spans by outcome: received = accepted + duplicates + rejected.
package struct SpanCounts: Equatable, Sendable {
    package private(set) var received = 0
    package private(set) var accepted = 0
    package private(set) var duplicates = 0
    /// Among the accepted ones.
    package private(set) var late = 0
    package private(set) var rejections = Rejections()

    init() {}

    mutating func add(_ outcome: AppendOutcome, _ batch: borrowing SpanBatch) {
        received += batch.count + batch.rejections.total
        accepted += outcome.accepted
        duplicates += outcome.duplicates
        late += outcome.late
        rejections.add(outcome.rejections)
        rejections.add(batch.rejections)
    }
}
