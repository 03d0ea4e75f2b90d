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

    package let families: [MetricFamily]
    private let writeAll: @Sendable (Source, inout Exposition) -> Void

    private init(_ families: [MetricFamily], write: @escaping @Sendable (Source, inout Exposition) -> Void) {
        self.families = families
        writeAll = write
    }

    package init(_ rows: [Row]) {
        self.init(rows.map(\.family)) { source, exposition in
            for row in rows { row.write(source, &exposition) }
        }
    }

    /// Joins the tables of several components, in order.
    package init(joining tables: [Self]) {
        self.init(tables.flatMap(\.families)) { source, exposition in
            for table in tables { table.write(source, to: &exposition) }
        }
    }

    package func write(_ source: Source, to exposition: inout Exposition) { writeAll(source, &exposition) }

    /// The same families, read from a part of something larger. The part is read once, so they are of one moment; they
    /// are absent where it is nil.
    package func read<Whole>(from part: @escaping @Sendable (Whole) -> Source?) -> MetricTable<Whole> {
        read { whole, _ in part(whole) }
    }

    /// The same for a part that depends on whether the format shows exemplars.
    package func read<Whole>(
        from part: @escaping @Sendable (Whole, _ hasExemplars: Bool) -> Source?
    ) -> MetricTable<Whole> {
        MetricTable<Whole>(families) { whole, exposition in
            if let source = part(whole, exposition.hasExemplars) { write(source, to: &exposition) }
        }
    }

    /// The same families, present only under a condition given in words.
    package func present(if condition: String) -> Self {
        Self(families.map { $0.present(if: condition) }, write: writeAll)
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
