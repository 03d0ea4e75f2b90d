import Support

/// The names of a window's spans: the tables that number them, and what the numbers of batches stand for in them.
struct WindowNames: Sendable {
    private(set) var clusters = ClusterTable()
    private(set) var operations: OperationTable
    private(set) var requests: RequestTable
    private(set) var sources: SourceTable
    private var translations = NameTranslations()
    /// nil where the caller corrects clocks.
    private var clocks: LiveClocks? = LiveClocks()
    /// When names may next be forgotten, Unix nanoseconds.
    private var nextForgetting = Int64.min

    init(_ limits: WindowLimits) {
        operations = OperationTable(limit: limits.operationsMax, services: limits.services)
        requests = RequestTable(limit: limits.requestsMax)
        sources = SourceTable(
            limit: limits.sourcesMax, services: limits.services, sampling: limits.sampling)
    }

    mutating func translate(_ batch: borrowing SpanBatch) -> NameTranslation {
        translations.translate(
            batch, clusters: &clusters, operations: &operations, requests: &requests, sources: &sources)
    }

    /// Counts an accepted span, already counted as one of its source's, as late.
    mutating func countLate(_ source: UInt16, by lateness: Int64) { sources.countLate(source, by: lateness) }

    /// Counts an accepted span.
    @inline(__always)
    mutating func count(_ row: SpanRow, end: Int64) {
        sources.count(row, end: end)
        if row.flags.cluster != ClusterTable.unnamed { clusters.count(row.flags.cluster, end: end) }
        if row.operation == OperationTable.overflow { operations.countOverflow(1) }
        if row.request == RequestTable.overflow + 1 { requests.countOverflow(1) }
    }

    /// Counts whose requests etcd's members answered.
    mutating func count(_ members: [SampledCounts.MemberShare]) { sources.count(members) }

    // MARK: Clocks

    /// Stops correcting clocks, because the spans that follow are corrected already.
    mutating func followCorrectedClocks() { clocks = nil }

    /// Adds what the calls of a batch say about clocks.
    ///
    /// - Returns: whether any clock has to be corrected.
    mutating func observeClocks(
        of batch: borrowing SpanBatch, _ translation: NameTranslation, arrival: Int64
    ) -> Bool {
        guard clocks != nil else { return false }
        clocks?.observe(batch, translation, operations, arrival: arrival)
        for (source, offset) in clocks?.takeChanged() ?? [:] { sources.set(clockOffset: offset, of: source) }
        return clocks?.areOff ?? false
    }

    mutating func set(clockOffsets offsets: [SourceLabels: Int64]) { sources.set(clockOffsets: offsets) }

    /// Adds what a batch says about its sources.
    mutating func addNotes(of batch: borrowing SpanBatch, _ translation: NameTranslation) {
        for (source, notes) in batch.notes { sources.add(notes, of: translation.source(source)) }
    }

    /// Sets what rules select by exact names; places are reserved for it.
    mutating func select(_ names: SelectedNames) {
        operations.selected = names
        requests.selected = names
    }

    // MARK: Forgetting

    /// Nanoseconds. A pass takes some microseconds for a thousand names, and translations are rebuilt.
    private static let forgettingInterval: Int64 = 5_000_000_000

    /// Whether places are scarce, and the last pass was long enough ago.
    func isForgettingDue(at arrival: Int64) -> Bool {
        guard areSeriesPressed || sources.isPressed || clusters.isPressed else { return false }
        // A clock that was set back restarts the wait.
        return arrival >= nextForgetting || arrival < nextForgetting.subtractingSaturating(Self.forgettingInterval)
    }

    private var areSeriesPressed: Bool { operations.isPressed || requests.isPressed }

    /// Where places are scarce, forgets the names of spans that all ended before a time (Unix nanoseconds), with their
    /// counts.
    ///
    /// Translations are dropped too, so that no batch brings back a number that now has another name.
    ///
    /// - Parameters:
    ///   - oldestHeld: of spans in the window or its history.
    ///   - oldestInWindow: of spans in the window. The history knows neither sources nor the numbers of clusters.
    mutating func forget(
        at arrival: Int64, _ totals: inout CumulativeTotals, oldestHeld: Int64, oldestInWindow: Int64
    ) {
        nextForgetting = arrival.addingSaturating(Self.forgettingInterval)
        if areSeriesPressed {
            let known = totals
            let forgottenOperations = operations.forget { known.operations[$0].lastEnd < oldestHeld }
            let forgottenRequests = requests.forget { known.requests[$0].lastEnd < oldestHeld }
            totals.forget(operations: forgottenOperations, requests: forgottenRequests)
        }
        if clusters.isPressed { clusters.forget(endedBefore: oldestInWindow) }
        if sources.isPressed {
            clocks?.forget(Set(sources.forget(endedBefore: oldestInWindow).map { UInt16($0) }))
        }
        translations = NameTranslations()
    }
}
