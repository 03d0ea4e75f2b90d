package import Engine

/// What the rows of a table count beyond the spans that came.
struct SampledRows {
    private let sampling: WindowSampling
    /// nil where no source is known to leave out traces.
    private let scales: SeriesScales?

    /// - Parameter range: of span ends, Unix nanoseconds; nil for everything.
    init(_ population: Population, in range: Range<Int64>?, of view: WindowView) {
        sampling = view.sampling
        scales = view.scales(population, in: range)
    }

    /// The sampling of an operation.
    func row(_ series: Int, service: String, cluster: String) -> SampledRow {
        SampledRow(scale: scales?[series], source: sampling.ofService(service, cluster: cluster)?.source.rawValue)
    }

    /// The sampling of a kind of request.
    func row(_ series: Int, cluster: String) -> SampledRow {
        SampledRow(scale: scales?[series], source: sampling.ofRequests(cluster: cluster)?.source.rawValue)
    }
}

/// How the spans or requests of a row were sampled.
package struct SampledRow {
    /// How many there were for each that came; nil if all came.
    var scale: SampleScale?
    var source: String?

    package init(scale: SampleScale? = nil, source: String? = nil) {
        self.scale = scale
        self.source = source
    }

    func estimatedCount<Labels>(of row: SeriesSummary<Labels>) -> Double? {
        scale.map { $0.estimate(row.count, errors: row.errors) }
    }

    func rate<Labels>(of row: SeriesSummary<Labels>, seconds: Double) -> Double {
        seconds > 0 ? (estimatedCount(of: row) ?? Double(row.count)) / seconds : 0
    }
}
