package import Engine

/// Everything the outputs are made of, as it was at one moment.
package struct PipelineSummary: Sendable {
    package internal(set) var view: WindowView
    package let totals: CumulativeTotals
    package let counts: SpanCounts
    package let unattributed: UnattributedSpans
    /// By component number.
    package let componentNames: [String]

    /// The same without what has left the window.
    package var windowOnly: PipelineSummary {
        var summary = self
        summary.view = view.windowOnly
        summary.isWindowOnly = true
        return summary
    }

    private var isWindowOnly = false

    package init(
        view: WindowView, totals: CumulativeTotals, counts: SpanCounts, unattributed: UnattributedSpans,
        componentNames: [String]
    ) {
        self.view = view
        self.totals = totals
        self.counts = counts
        self.unattributed = unattributed
        self.componentNames = componentNames
    }

    /// When the first and the last of the spans it is of ended, Unix nanoseconds; nil where there are none.
    package var ends: ClosedRange<Int64>? {
        if isWindowOnly { return view.ends }
        return totals.firstEnd <= totals.lastEnd ? totals.firstEnd...totals.lastEnd : nil
    }
}

/// What the scrape says about the window itself, and about its history.
package struct WindowGauges: Sendable {
    package let spans: Int
    package let bytes: Int
    /// Of spans that left the window and that readers, or the way to the history, still hold.
    package let bytesHeld: Int
    /// Unix nanoseconds; nil while the window is empty.
    package let oldest: Int64?
    package let operations: NameGauges
    package let requests: NameGauges
    package let historyBytes: Int
    /// Unix nanoseconds; nil while the history has no minute.
    package let historyOldest: Int64?
    package let unattributed: UnattributedSpans
    package let attributionBytes: Int
}

/// What became of the names that spans came with.
package struct NameGauges: Equatable, Sendable {
    /// Spans, or requests, of names that had no place.
    package let overflowed: Int
    /// Names that were forgotten.
    package let forgotten: Int
    /// The last name that had no place.
    package let refusal: NameRefusal?

    package init(_ table: OperationTable) {
        (overflowed, forgotten, refusal) = (table.overflowed, table.forgotten, table.refusal)
    }

    package init(_ table: RequestTable) {
        (overflowed, forgotten, refusal) = (table.overflowed, table.forgotten, table.refusal)
    }
}

/// Every span received, by what became of it: received = accepted + duplicates + rejected.
package struct SpanCounts: Equatable, Sendable {
    package private(set) var received = 0
    package private(set) var accepted = 0
    package private(set) var duplicates = 0
    /// Of the accepted ones.
    package private(set) var late = 0
    package private(set) var rejections = Rejections()

    package init() {}

    package mutating func add(_ outcome: AppendOutcome, _ batch: borrowing SpanBatch) {
        received += batch.count + batch.rejections.total
        accepted += outcome.accepted
        duplicates += outcome.duplicates
        late += outcome.late
        rejections.add(outcome.rejections)
        rejections.add(batch.rejections)
    }
}
