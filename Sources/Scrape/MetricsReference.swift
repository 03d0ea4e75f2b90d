/// The reference of metrics in docs/metrics.md.
package struct MetricsReference {
    package let text: String

    /// - Parameter families: in the order of a scrape.
    package init(_ families: [MetricFamily]) {
        text = (Self.head + families.map(Self.row)).joined(separator: "\n")
    }

    private static let head = [
        "# Metrics",
        "",
        "All that `GET /metrics` says, in its order. `make docs` writes this file from the declarations in the sources.",
        "Histograms have the label `le` besides, summaries `quantile`.",
        "",
        "| Metric | Type | Labels | Meaning |",
        "|---|---|---|---|",
    ]

    private static func row(_ family: MetricFamily) -> String {
        let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
        let condition = family.condition.map { " Only if \($0)." } ?? ""
        let help = (family.help + condition).replacing("|", with: "\\|")
        return "| `\(family.shownName)` | \(family.kind.rawValue) | \(labels) | \(help) |"
    }
}
