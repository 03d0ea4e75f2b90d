import Engine
import Pipeline
import Report
import TestSupport

extension PipelineCheck {
    /// Rows of operations and requests, over all spans since the start.
    func checkRows(_ view: WindowView, isExactlyAttributed: Bool) throws(Finding) {
        try compare(view.operationSummaries(), naive.operations(of: naive.spans))
        let requests = view.requestSummaries()
        if isExactlyAttributed { return try compare(requests, naive.requests(naive.attributedSpans())) }
        // Where requests begin is open, and whether some were passed on, but not which others there are.
        let (all, certain) = (naive.requests(naive.unattributed), naive.requests(naive.certain))
        let found = Dictionary(requests.map { ($0.labels, $0) }) { first, _ in first }
        try require(
            found.count == requests.count && certain.keys.allSatisfy { found[$0] != nil },
            "rows of \(requests) instead of \(all), at least \(certain)")
        for row in requests {
            guard let most = all[row.labels] else { throw Finding("no such row: \(row)") }
            let least = certain[row.labels] ?? NaiveStatistics()
            try require(
                (least.count...most.count).contains(row.count) && (least.errors...most.errors).contains(row.errors),
                "\(row) of \(most), at least \(least)")
        }
    }

    private func compare<Labels: Hashable>(
        _ rows: [SeriesSummary<Labels>], _ expected: [Labels: NaiveStatistics]
    ) throws(Finding) {
        try require(
            Set(rows.map(\.labels)) == Set(expected.keys) && rows.count == expected.count,
            "rows of \(rows.map(\.labels)) instead of \(expected.keys)")
        for row in rows {
            guard let own = expected[row.labels] else { throw Finding("no such row: \(row)") }
            try require(
                row.count == own.count && row.errors == own.errors && row.sum == own.sum && row.max == own.max,
                "\(row) of \(own)")
            try require(row.isExact || setting.evicts, "\(row) is not exact, though nothing has left the window")
            for (value, quantile) in [(row.p50, 0.5), (row.p90, 0.9), (row.p99, 0.99)] {
                try require(
                    Self.isSame(value, own.quantile(quantile), isExact: row.isExact),
                    "\(quantile) of \(row) is not \(own.quantile(quantile))")
            }
        }
    }

    /// One row for each source, in order, with what it has sent so far.
    func checkSources(_ rows: [SourceRow]) throws(Finding) {
        let expected = naive.sources
        let seen = pipeline.sources().seen
        try require(seen.count == expected.count, "\(seen.count) sources instead of \(expected.count)")
        for source in seen {
            let (labels, counts) = (source.labels, source.counts)
            guard let own = expected[labels] else { throw Finding("no such source: \(labels)") }
            try require(
                (counts.spans, counts.first, counts.last) == (own.spans, own.first, own.last),
                "\(counts) of \(labels) instead of \(own)")
        }
        let inOrder = expected.sorted { a, b in
            [a.key.cluster, a.key.service, a.key.instance].lexicographicallyPrecedes(
                [b.key.cluster, b.key.service, b.key.instance])
        }
        try require(
            rows.map { [$0.cluster, $0.service, $0.instance, "\($0.spans)"] }
                == inOrder.map { [$0.key.cluster, $0.key.service, $0.key.instance, "\($0.value.spans)"] },
            "rows of \(rows) instead of \(inOrder)")
    }

    /// Exactly, or within half a latency bucket.
    static func isSame(_ value: Int64, _ expected: Int64, isExact: Bool) -> Bool {
        value == expected || !isExact && abs(Double(value) - Double(expected)) <= 0.0055 * Double(expected) + 1
    }

    // MARK: Attribution

    /// The time of components adds up to that of the requests, to the nanosecond once all of them are attributed.
    func checkComponents(_ view: WindowView) throws(Finding) {
        let summaries = view.requestSummaries()
        for (request, components) in zip(summaries, view.componentSummaries(of: summaries)) {
            let total = components.reduce(0) { $0 + $1.sum }
            try require(total <= request.sum, "components of \(total) ns in \(request)")
            let shares = components.reduce(0) { $0 + $1.share }
            try require(
                components.isEmpty || abs(shares - 1) < 1e-9, "shares of \(shares) in all in \(request)")
            for component in components {
                try require(
                    component.p99 <= request.max && component.p99 >= 0 && component.sum > 0,
                    "\(component) of \(request)")
            }
            if isFullyAttributed, !setting.evicts {
                try require(total == request.sum, "components of \(total) ns instead of \(request.sum)")
            }
        }
    }

    /// Self times and parts match the definition.
    func checkAttribution(_ view: WindowView) throws(Finding) {
        let attributedSpans = naive.attributedSpans()
        try checkSelfTimes(view, attributedSpans)
        let requests = view.requestSummaries()
        for (request, components) in zip(requests, view.componentSummaries(of: requests)) {
            let own = attributedSpans.filter { $0.requestLabels == request.labels }
            for name in Component.builtinNames {
                var parts = NaiveStatistics()
                for attributed in own { parts.add(attributed.parts?[name] ?? 0, isError: false) }
                guard let found = components.first(where: { Component.builtinNames[Int($0.component.number)] == name })
                else {
                    try require(parts.sum == 0, "nothing of \(name) instead of \(parts.sum) ns in \(request)")
                    continue
                }
                try require(
                    found.sum == parts.sum && found.p99 == parts.quantile(0.99), "\(found) of \(parts) in \(request)")
            }
        }
    }

    private func checkSelfTimes(_ view: WindowView, _ attributedSpans: [NaiveReport.AttributedSpan]) throws(Finding) {
        var expected: [OperationLabels: NaiveStatistics] = [:]
        for attributed in attributedSpans {
            guard let time = attributed.selfTime else { continue }
            expected[attributed.span.operationLabels, default: NaiveStatistics()].add(
                time, isError: attributed.span.isError)
        }
        let rows = view.selfTimeSummaries().compactMap { $0 }
        try require(
            Set(rows.map(\.labels)) == Set(expected.keys), "self times of \(rows.map(\.labels)), not \(expected.keys)")
        for row in rows {
            guard let own = expected[row.labels] else { throw Finding("no such self times: \(row)") }
            try require(
                row.count == own.count && row.errors == own.errors && row.sum == own.sum && row.max == own.max
                    && row.p50 == own.quantile(0.5) && row.p90 == own.quantile(0.9) && row.p99 == own.quantile(0.99),
                "self times \(row) of \(own)")
        }
    }
}
