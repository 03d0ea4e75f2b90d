/// The text of docs/metrics.md.
package struct MetricsReference {
    package let text: String

    /// - Parameter families: in scrape order.
    package init(_ families: [MetricFamily]) {
        text = (Self.head + families.map(Self.row)).joined(separator: "\n")
    }

    private static let head = [
        "# Metrics",
        "",
        "Every metric of `GET /metrics`, in order. `make docs` generates this file from the declarations in the sources.",
        "Histograms also have the label `le`, summaries `quantile`.",
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
