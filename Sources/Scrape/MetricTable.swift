/// The metric families of one component. Each row declares and samples a family in one place, so the scrape and the
/// reference in docs/metrics.md can't diverge.
///
/// `Source` is the type from which values are read.
package struct MetricTable<Source>: Sendable {
    package struct Row: Sendable {
        fileprivate let family: MetricFamily
        /// Writes the head and samples, or nothing if the family is absent.
        fileprivate let write: @Sendable (Source, inout Exposition) -> Void
    }

    private let rows: [Row]

    package init(_ rows: [Row]) {
        self.rows = rows
    }

    package var families: [MetricFamily] { rows.map(\.family) }

    package func write(_ source: Source, to exposition: inout Exposition) {
        for row in rows { row.write(source, &exposition) }
    }

    /// The same families, read from a larger source; they are absent where `part` returns nil.
    package func read<Whole>(from part: @escaping @Sendable (Whole) -> Source?) -> MetricTable<Whole> {
        MetricTable<Whole>(
            rows.map { row in
                MetricTable<Whole>.Row(family: row.family) { whole, exposition in
                    if let source = part(whole) { row.write(source, &exposition) }
                }
            })
    }

    /// Joins the tables of several components, in order.
    package init(joining tables: [Self]) {
        self.init(tables.flatMap(\.rows))
    }
}

extension MetricTable.Row {
    /// A family with any number of samples.
    ///
    /// - Parameters:
    ///   - name: without `_total` for a counter.
    ///   - labels: names; each sample has one value for each.
    ///   - samples: adds the samples.
    package static func family(
        _ name: String, _ kind: MetricFamily.Kind, unit: String? = nil, labels: [String] = [], help: String,
        samples: @escaping @Sendable (Source, inout Exposition) -> Void
    ) -> Self {
        let family = MetricFamily(
            name: name, kind: kind, unit: unit, help: help, labels: labels, condition: nil)
        return Self(family: family) { source, exposition in
            exposition.begin(family)
            samples(source, &exposition)
        }
    }

    /// A counter with one sample.
    package static func counter(
        _ name: String, unit: String? = nil, help: String, _ value: @escaping @Sendable (Source) -> Int
    ) -> Self {
        Self.family(name, .counter, unit: unit, help: help) { $1.sample(Double(value($0))) }
    }

    /// A gauge with one sample.
    package static func gauge(
        _ name: String, unit: String? = nil, help: String, _ value: @escaping @Sendable (Source) -> Int
    ) -> Self {
        Self.family(name, .gauge, unit: unit, help: help) { $1.sample(Double(value($0))) }
    }

    /// A gauge that is 1 for yes and 0 for no.
    package static func flag(
        _ name: String, help: String, _ value: @escaping @Sendable (Source) -> Bool
    ) -> Self {
        Self.gauge(name, help: help) { value($0) ? 1 : 0 }
    }

    /// A family with one sample, or none.
    ///
    /// - Parameter condition: when the family is present, in words.
    package static func optional(
        _ name: String, _ kind: MetricFamily.Kind, unit: String? = nil, help: String, if condition: String,
        _ value: @escaping @Sendable (Source) -> Double?
    ) -> Self {
        let family = MetricFamily(
            name: name, kind: kind, unit: unit, help: help, labels: [], condition: condition)
        return Self(family: family) { source, exposition in
            guard let value = value(source) else { return }
            exposition.begin(family)
            exposition.sample(value)
        }
    }
}

extension MetricTable {
    /// The same families, present only under a condition given in words.
    package func present(if condition: String) -> Self {
        Self(
            rows.map { row in
                let family = row.family
                return Row(
                    family: MetricFamily(
                        name: family.name, kind: family.kind, unit: family.unit, help: family.help,
                        labels: family.labels, condition: condition),
                    write: row.write)
            })
    }
}

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
    package var shownName: String { kind == .counter ? "\(name)_total" : name }
}

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
