/// Writes metric families in Prometheus' text format or in OpenMetrics.
///
/// Sources: Prometheus text exposition format 0.0.4; OpenMetrics 1.0.0.
package struct Exposition {
    package enum Format: Sendable {
        case text
        case openMetrics

        package var contentType: String {
            switch self {
            case .text: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }

        /// What an `Accept` header asks for: OpenMetrics where it is named and not refused, else text.
        package init(accept: String?) {
            let named = (accept ?? "").split(separator: ",").contains { part in
                let fields = part.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
                return fields.first == "application/openmetrics-text" && !fields.contains("q=0")
            }
            self = named ? .openMetrics : .text
        }
    }

    package enum Kind: String {
        case counter
        case gauge
        case histogram
        case summary
    }

    package typealias Labels = [(name: String, value: String)]

    private let format: Format
    private var text = ""
    private var family = ""

    package init(_ format: Format) {
        self.format = format
    }

    /// Begins a family; counters are named without `_total`.
    package mutating func family(_ name: String, _ kind: Kind, unit: String? = nil, help: String) {
        family = name
        // In Prometheus' own format a counter's family has the name of its samples.
        let shown = kind == .counter && format == .text ? "\(name)_total" : name
        text +=
            "# HELP \(shown) \(Self.escape(help, quotes: format == .openMetrics))\n# TYPE \(shown) \(kind.rawValue)\n"
        if format == .openMetrics, let unit { text += "# UNIT \(shown) \(unit)\n" }
    }

    package mutating func counter(_ value: Double, _ labels: Labels = []) {
        sample("_total", value, labels)
    }

    package mutating func gauge(_ value: Double, _ labels: Labels = []) {
        sample("", value, labels)
    }

    /// A quantile of a summary that has neither a sum nor a count.
    package mutating func quantile(_ quantile: String, _ value: Double, _ labels: Labels = []) {
        sample("", value, labels + [("quantile", quantile)])
    }

    /// - Parameters:
    ///   - bounds: upper bounds in seconds, without the infinite one.
    ///   - counts: observations within each bucket, the infinite one last; not cumulative.
    package mutating func histogram(bounds: [Double], counts: [Int], sum: Double, _ labels: Labels = []) {
        var cumulative = 0
        for (index, count) in counts.enumerated() {
            cumulative += count
            let bound = index < bounds.count ? Self.number(bounds[index]) : "+Inf"
            sample("_bucket", Double(cumulative), labels + [("le", bound)])
        }
        sample("_sum", sum, labels)
        sample("_count", Double(cumulative), labels)
    }

    /// The whole exposition.
    package consuming func finish() -> String {
        format == .openMetrics ? text + "# EOF\n" : text
    }

    private mutating func sample(_ suffix: String, _ value: Double, _ labels: Labels) {
        text += family
        text += suffix
        if !labels.isEmpty {
            text += "{"
            for (index, label) in labels.enumerated() {
                if index > 0 { text += "," }
                text += label.name
                text += "=\""
                text += Self.escape(label.value, quotes: true)
                text += "\""
            }
            text += "}"
        }
        text += " "
        text += Self.number(value)
        text += "\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
