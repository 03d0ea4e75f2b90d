package import Engine

/// The evidence for an interval that somebody asks about: what an alert in it would say.
package struct IntervalEvidence: Sendable {
    package var evidence: AlertEvidence
    /// Of the interval; slow ones took longer than the 99th percentile of their kind in the baseline.
    package var requests: RequestOutcomes
}

extension WindowView {
    private static let usualQuantile = 0.99

    /// Finds the evidence about a cluster for an interval. Requires an attributed view.
    ///
    /// - Parameter isWanted: by request number, the kinds that the question is about; nil if it is about all.
    package func evidence(
        _ comparison: Comparison, ofCluster cluster: String, where isWanted: [Bool]?, _ components: ComponentTable
    ) -> IntervalEvidence {
        let wanted = requests.indices.map { requests[$0].cluster == cluster && isWanted?[$0] ?? true }
        let series = wanted.indices.filter { wanted[$0] }.map { Int32($0) }
        var finding = culprit(
            evidence(comparison, ofCluster: cluster, components), comparison, requests: isWanted.map { _ in series },
            isAboutErrors: false, components)
        if isWanted != nil { finding.components = componentGrowth(ofRequests: series, comparison) }
        let worst = WorstSpanSearch(
            population: .requests, range: comparison.interval, series: series, failedFirst: false)
        let traces = worstTraces([worst], limit: AlertEvidence.tracesMax)[0]
        return IntervalEvidence(
            evidence: AlertEvidence(finding, traces: traces, components),
            requests: requestOutcomes(
                from: comparison.interval.lowerBound, to: comparison.interval.upperBound,
                slowerThan: usualDurations(comparison), where: wanted))
    }

    /// By request number, nanoseconds; kinds without requests in the baseline are never slow.
    private func usualDurations(_ comparison: Comparison) -> [Int64] {
        let each = Selection(
            groupOfSeries: requests.indices.map { Int32($0) }, groupCount: requests.count,
            quantiles: [Self.usualQuantile])
        return measure(
            .requests, from: comparison.baseline.lowerBound, to: comparison.baseline.upperBound, [each])[0]
            .map { $0.quantiles.first ?? .max }
    }
}
