/// A family of metrics as a scrape announces it.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
        case summary
    }

    /// Counters are named without `_total`, as OpenMetrics does.
    package let name: String
    package let kind: Kind
    package let unit: String?
    package let help: String
    /// The names of its samples' labels, in the order in which they are written, without `le` and `quantile`.
    package let labels: [String]
    /// Under what condition a scrape has it; nil where each has.
    package let condition: String?

    /// As Prometheus names it: a counter by the name of its samples.
    package var shownName: String { kind == .counter ? "\(name)_total" : name }
}
