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

        /// OpenMetrics if the `Accept` header names it without `q=0`, else text.
        package init(accept: String?) {
            let named = (accept ?? "").split(separator: ",").contains { part in
                let fields = part.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
                return fields.first == "application/openmetrics-text" && !fields.contains("q=0")
            }
            self = named ? .openMetrics : .text
        }
    }

    /// Bytes collected before a part is sent.
    private static let partBytes = 64 << 10

    private let format: Format
    /// Takes a part of the output; returns false once the client is gone.
    private let send: ([UInt8]) -> Bool
    private var text: [UInt8] = []
    private var family = MetricFamily(name: "", kind: .gauge, unit: nil, help: "", labels: [], condition: nil)
    private var isWanted = true
    /// Cache of long values as written, because an operation appears in several families.
    private var longValues: [String: String] = [:]

    /// - Parameter send: takes the output part by part; returns false once the client is gone.
    package init(_ format: Format, send: @escaping ([UInt8]) -> Bool) {
        self.format = format
        self.send = send
        text.reserveCapacity(Self.partBytes + (8 << 10))
    }

    /// Begins a family, to which the following samples belong.
    mutating func begin(_ family: MetricFamily) {
        self.family = family
        // In the text format the family of a counter has the name of its samples.
        let shown = format == .text ? family.shownName : family.name
        let help = Self.escapedHelp(family.help, quotes: format == .openMetrics)
        write("# HELP \(shown) \(help)\n# TYPE \(shown) \(family.kind.rawValue)\n")
        if format == .openMetrics, let unit = family.unit { write("# UNIT \(shown) \(unit)\n") }
    }

    /// A sample of a counter or gauge, with one value for each label of the family.
    package mutating func sample(_ value: Double, _ labels: [String] = []) {
        sample(family.kind == .counter ? "_total" : "", value, written(labels))
    }

    /// A quantile of a summary without sum and count.
    package mutating func quantile(_ quantile: String, _ value: Double, _ labels: [String] = []) {
        sample("", value, Self.adding("quantile", quantile, to: written(labels)))
    }

    /// - Parameters:
    ///   - bounds: upper bounds in seconds, without the infinite one.
    ///   - counts: observations in each bucket, not cumulative, the infinite one last.
    package mutating func histogram(bounds: [Double], counts: [Int], sum: Double, _ labels: [String] = []) {
        let labels = written(labels)
        var cumulative = 0
        for (index, count) in counts.enumerated() {
            cumulative += count
            let bound = index < bounds.count ? Self.number(bounds[index]) : "+Inf"
            sample("_bucket", Double(cumulative), Self.adding("le", bound, to: labels))
        }
        sample("_sum", sum, labels)
        sample("_count", Double(cumulative), labels)
    }

    private static func adding(_ name: String, _ value: String, to labels: String) -> String {
        "\(labels)\(labels.isEmpty ? "" : ",")\(name)=\"\(value)\""
    }

    /// Sends the rest.
    package mutating func finish() {
        if format == .openMetrics { write("# EOF\n") }
        handOn()
    }

    private mutating func sample(_ suffix: String, _ value: Double, _ labels: String) {
        guard isWanted else { return }
        write(family.name)
        write(suffix)
        if !labels.isEmpty {
            write("{")
            write(labels)
            write("}")
        }
        write(" ")
        write(Self.number(value))
        write("\n")
        if text.count >= Self.partBytes { handOn() }
    }

    private mutating func write(_ part: String) { text.append(contentsOf: part.utf8) }

    private mutating func handOn() {
        guard isWanted, !text.isEmpty else { return }
        isWanted = send(text)
        text.removeAll(keepingCapacity: true)
    }

    private mutating func written(_ values: [String]) -> String {
        precondition(values.count == family.labels.count, "a sample of \(family.name) without its labels")
        var text = ""
        for (name, value) in zip(family.labels, values) {
            if !text.isEmpty { text += "," }
            text += name
            text += "=\""
            text += written(value)
            text += "\""
        }
        return text
    }

    private mutating func written(_ value: String) -> String {
        guard value.utf8.count > LabelText.wholeBytes else { return LabelText.written(value) }
        if let known = longValues[value] { return known }
        let written = LabelText.written(value)
        longValues[value] = written
        return written
    }

    package static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }

    private static func escapedHelp(_ text: String, quotes: Bool) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? escaped.replacing("\"", with: "\\\"") : escaped
    }
}
