package import Engine

/// How sources sample.
package enum SourceMetrics {
    private static let labels = ["service", "instance"]

    package static let table = MetricTable<SourceTable>([
        .family(
            "faultline_sampling_ratio", .gauge, unit: "ratio", labels: labels + ["sampling_source"],
            help: "Ratio that a source's traces were sampled with: configured, in their tracestates, or estimated."
        ) { sources, exposition in
            for (source, _, sampling) in sources.seen {
                guard let sampling else { continue }
                let text = text(source).adding("sampling_source", sampling.source.rawValue)
                exposition.sample(sampling.ratio, text)
            }
        }
    ])

    private static func text(_ source: SourceLabels) -> SeriesText {
        SeriesText(cluster: source.cluster, labels, [source.service, source.instance])
    }
}
