/// A metric family as announced by a scrape.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
        case summary
    }

    /// Without `_total` for counters, as in OpenMetrics.
    package let name: String
    package let kind: Kind
    package let unit: String?
    package let help: String
    /// Names of the samples' labels in the order in which they are written, without `le` and `quantile`.
    package let labels: [String]
    /// The condition, in words, under which the family is present; nil if always.
    package let condition: String?

    /// The name in Prometheus' text format, where a counter has the name of its samples.
    var shownName: String { kind == .counter ? "\(name)_total" : name }

    func present(if condition: String) -> Self {
        Self(name: name, kind: kind, unit: unit, help: help, labels: labels, condition: condition)
    }
}
