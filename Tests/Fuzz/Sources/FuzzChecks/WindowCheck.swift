import Engine
import TestSupport

/// A batch in windows: whatever the spans are, counts add up and quantiles match a naive count.
enum WindowCheck {
    private static let second: Int64 = 1_000_000_000

    static func check(_ batch: borrowing SpanBatch) throws(Finding) {
        guard batch.count > 0 else { return }
        var latest = Int64.min
        for row in 0..<batch.count { latest = max(latest, batch.end(row)) }
        try checkExact(batch, arrival: latest)
        // Three slots of a few spans fill 12 KiB.
        try checkBounded(batch, arrival: latest, limits: WindowLimits(duration: nil, bytesMax: 12_000))
        try checkBounded(
            batch, arrival: batch.end(0),
            limits: WindowLimits(
                duration: 60 * second, bytesMax: 50_000, operationsMax: 2, requestsMax: 1, futureMax: 10 * second))
    }

    // MARK: All spans in the window

    private struct SpanPlace: Hashable {
        var cluster: String
        var traceHigh: UInt64
        var traceLow: UInt64
        var spanID: UInt64
        var slot: Int64
    }

    private static func checkExact(_ batch: borrowing SpanBatch, arrival: Int64) throws(Finding) {
        var window = Window(limits: WindowLimits(duration: nil))
        let outcome = window.append(batch, arrival: arrival, evaluatedUpTo: arrival)
        var places: Set<SpanPlace> = []
        var naive: [OperationLabels: NaiveStatistics] = [:]
        var late = 0
        for index in 0..<batch.count {
            let row = batch.columns.row(index)
            let slot = batch.end(index) / Window.slotWidth
            let cluster = batch.withCluster(ofOperation: Int(row.operation)) {
                String(decoding: $0.array, as: UTF8.self)
            }
            let place = SpanPlace(
                cluster: cluster, traceHigh: row.traceHigh, traceLow: row.traceLow, spanID: row.spanID, slot: slot)
            guard places.insert(place).inserted else { continue }
            if batch.end(index) < arrival { late += 1 }
            let labels = batch.withOperation(Int(row.operation)) {
                OperationLabels(
                    cluster: cluster, service: String(decoding: $0.array, as: UTF8.self),
                    operation: String(decoding: $1.array, as: UTF8.self), kind: $2)
            }
            naive[labels, default: NaiveStatistics()].add(row.duration, isError: row.flags.isError)
        }
        try require(
            outcome.accepted == places.count && outcome.duplicates == batch.count - places.count
                && outcome.late == late && outcome.rejections.total == 0,
            "\(outcome) of \(places.count) spans, \(late) of them late, in a window without bounds")
        try compare(window.view().operationSummaries(), with: naive)
        try checkCounts(of: window, appended: [outcome], left: 0)
    }

    private static func compare(
        _ rows: [SeriesSummary<OperationLabels>], with naive: [OperationLabels: NaiveStatistics]
    ) throws(Finding) {
        try require(rows.count == naive.count, "\(rows.count) operations instead of \(naive.count)")
        for row in rows {
            guard let expected = naive[row.labels] else { throw Finding("no such operation: \(row)") }
            try require(
                row.count == expected.count && row.errors == expected.errors && row.max == expected.max
                    && row.sum == expected.sum && row.isExact
                    && row.p50 == expected.quantile(0.5) && row.p90 == expected.quantile(0.9)
                    && row.p99 == expected.quantile(0.99), "\(row) is not \(expected)")
        }
    }

    // MARK: Spans that don't fit

    private static func checkBounded(
        _ batch: borrowing SpanBatch, arrival: Int64, limits: WindowLimits
    ) throws(Finding) {
        var window = Window(limits: limits)
        var left = 0
        var outcomes: [AppendOutcome] = []
        for _ in 0..<2 {
            let outcome = window.append(batch, arrival: arrival, evaluatedUpTo: .min)
            try require(
                outcome.accepted + outcome.duplicates + outcome.rejections.total == batch.count,
                "of \(batch.count) spans: \(outcome)")
            outcomes.append(outcome)
            left += window.evicted.spanCount
            try checkCounts(of: window, appended: outcomes, left: left)
            // The same whether the history has bucketed the evicted spans yet or not.
            for _ in 0..<2 {
                try checkSummaries(window.view().operationSummaries(), outcomes.reduce(0) { $0 + $1.accepted })
                // Requests count when their slot is attributed, or leaves without.
                var attributed = window.view()
                var attributor = Attributor()
                let settled = attributor.settle(attributed, at: .max)
                for slot in settled { attributed.attach(slot) }
                let requests = window.totals.requests.reduce(0) { $0 + $1.count } + attributor.totals.requestCount
                try checkSummaries(attributed.requestSummaries(), requests)
                window.foldEvicted()
            }
        }
    }

    private static func checkSummaries<Labels>(
        _ rows: [SeriesSummary<Labels>], _ count: Int
    ) throws(Finding) {
        let sum = rows.reduce(0) { $0 + $1.count }
        try require(sum == count, "\(sum) spans in all rows instead of \(count)")
        for row in rows {
            try require(
                row.errors <= row.count && row.p50 <= row.p90 && row.p90 <= row.p99 && row.p99 <= row.max,
                "not in order: \(row)")
        }
    }

    private static func checkCounts(
        of window: borrowing Window, appended outcomes: [AppendOutcome], left: Int
    ) throws(Finding) {
        let view = window.view()
        let accepted = outcomes.reduce(0) { $0 + $1.accepted }
        let (spans, bytes) = (window.spanCount, window.byteCount)
        try require(spans == accepted - left, "\(spans) spans in the window: \(accepted) accepted, \(left) left")
        try require(
            spans == view.slots.reduce(0) { $0 + $1.count }, "\(spans) spans are not those of all slots")
        try require(
            bytes <= window.limits.bytesMax || view.slots.count == 1, "\(bytes) bytes in \(view.slots.count) slots")
        try require(bytes >= spans * SpanColumns.bytesPerRow, "\(bytes) bytes for \(spans) spans")
        try require((bytes == 0) == view.slots.isEmpty, "\(bytes) bytes in \(view.slots.count) slots")
        for (slot, next) in zip(view.slots, view.slots.dropFirst()) {
            try require(slot.start < next.start, "slots are not in order of time")
        }
        let counted = window.totals.operations.reduce(0) { $0 + $1.count }
        try require(counted == accepted, "operations count \(counted) spans of \(accepted)")
        for series in window.totals.operations + window.totals.requests {
            let buckets = (0..<17).reduce(0) { $0 + series.buckets[$1] }
            try require(buckets == series.count, "classic buckets hold \(buckets) of \(series.count) spans")
        }
    }
}
