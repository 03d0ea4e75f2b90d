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
    let kind: Kind
    let help: String
    /// Names of the samples' labels in the order in which they are written, without `le` and `quantile`.
    package let labels: [String]
    /// The condition, in words, under which the family is present; nil if always.
    let condition: String?
    let unit: String?
    /// The lines that announce it.
    let head: Head

    /// The name in Prometheus' text format, where a counter has the name of its samples.
    var shownName: String { Self.shownName(name, kind) }

    init(name: String, kind: Kind, unit: String?, help: String, labels: [String], condition: String?) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help
        self.labels = labels
        self.condition = condition
        head = Head(name, kind, unit: unit, help: help)
    }

    func present(if condition: String) -> Self {
        Self(name: name, kind: kind, unit: unit, help: help, labels: labels, condition: condition)
    }

    private static func shownName(_ name: String, _ kind: Kind) -> String {
        kind == .counter ? "\(name)_total" : name
    }

    /// The comments above a family's samples, in UTF-8.
    struct Head: Sendable {
        let text: [UInt8]
        let openMetrics: [UInt8]

        fileprivate init(_ name: String, _ kind: Kind, unit: String?, help: String) {
            let escaped = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
            let shown = shownName(name, kind)
            text = Array("# HELP \(shown) \(escaped)\n# TYPE \(shown) \(kind.rawValue)\n".utf8)
            let quoted = escaped.replacing("\"", with: "\\\"")
            let unit = unit.map { "# UNIT \(name) \($0)\n" } ?? ""
            openMetrics = Array("# HELP \(name) \(quoted)\n# TYPE \(name) \(kind.rawValue)\n\(unit)".utf8)
        }
    }
}
