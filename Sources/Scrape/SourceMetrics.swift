package import Engine

/// How sources sample, and whether their clocks agree.
package enum SourceMetrics {
    private static let labels = ["service", "instance"]

    package static let table = MetricTable<SourceTable>([
        .family(
            "faultline_sampling_ratio", .gauge, unit: "ratio", labels: labels + ["sampling_source"],
            help: "Ratio that a source's traces were sampled with: configured, in their tracestates, or estimated."
        ) { sources, exposition in
            for source in sources.seen {
                guard let sampling = source.sampling else { continue }
                let text = text(source.labels).adding("sampling_source", sampling.source.rawValue)
                exposition.sample(sampling.ratio, text)
            }
        },
        .family(
            "faultline_clock_offset_seconds", .gauge, unit: "seconds", labels: labels,
            help: "How far a source's clock is ahead of the API servers' that call it; its spans are corrected by that."
        ) { sources, exposition in
            for source in sources.seen {
                guard let offset = source.clockOffset else { continue }
                exposition.sample(Double(offset) / 1e9, text(source.labels))
            }
        },
    ])

    private static func text(_ source: SourceLabels) -> SeriesText {
        SeriesText(cluster: source.cluster, labels, [source.service, source.instance])
    }
}
