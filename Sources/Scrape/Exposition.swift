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
    private var name: [UInt8] = []
    /// What all buckets of a series begin with.
    private var bucketStart: [UInt8] = []
    private var isWanted = true

    /// - Parameter send: takes the output part by part; returns false once the client is gone.
    package init(_ format: Format, send: @escaping ([UInt8]) -> Bool) {
        self.format = format
        self.send = send
        text.reserveCapacity(Self.partBytes + (8 << 10))
    }

    /// Begins a family, to which the following samples belong.
    mutating func begin(_ family: MetricFamily) {
        self.family = family
        name = Array(family.name.utf8)
        text += family.head[format]
    }

    /// A sample of a counter or gauge, with one value for each label of the family.
    package mutating func sample(_ value: Double, _ labels: [String] = []) {
        sample(value, SeriesText(family.labels, labels))
    }

    /// A sample of a counter or gauge.
    mutating func sample(_ value: Double, _ series: SeriesText) {
        sample(family.kind == .counter ? "_total" : "", value, series)
    }

    /// A quantile of a summary without sum and count.
    mutating func quantile(_ quantile: String, _ value: Double, _ series: SeriesText) {
        precondition(series.count == family.labels.count, "a quantile of \(family.name) without its labels")
        guard isWanted else { return }
        text += name
        text.append(UInt8(ascii: "{"))
        text += series.bytes
        if series.count > 0 { text.append(UInt8(ascii: ",")) }
        text += "quantile=\"".utf8
        text += quantile.utf8
        text += "\"} ".utf8
        write(value)
    }

    /// - Parameter counts: observations in each bucket, not cumulative, the infinite one last.
    package mutating func histogram(
        _ bounds: HistogramBounds, counts: [Int], sum: Double, _ labels: [String] = []
    ) {
        histogram(bounds, counts: counts, sum: sum, SeriesText(family.labels, labels))
    }

    mutating func histogram(_ bounds: HistogramBounds, counts: [Int], sum: Double, _ series: SeriesText) {
        precondition(counts.count == bounds.ends.count, "\(family.name) with another number of buckets")
        bucketStart.removeAll(keepingCapacity: true)
        bucketStart += name
        bucketStart += "_bucket{".utf8
        bucketStart += series.bytes
        if series.count > 0 { bucketStart.append(UInt8(ascii: ",")) }
        var cumulative = 0
        for (end, count) in zip(bounds.ends, counts) {
            cumulative += count
            guard isWanted else { return }
            text += bucketStart
            text += end
            write(Int64(cumulative))
            endLine()
        }
        sample("_sum", sum, series)
        sample("_count", Double(cumulative), series)
    }

    /// Sends the rest.
    package mutating func finish() {
        if format == .openMetrics { text += "# EOF\n".utf8 }
        handOn()
    }

    private mutating func sample(_ suffix: StaticString, _ value: Double, _ series: SeriesText) {
        precondition(series.count == family.labels.count, "a sample of \(family.name) without its labels")
        guard isWanted else { return }
        text += name
        suffix.withUTF8Buffer { unsafe text.append(contentsOf: $0) }
        if series.count > 0 {
            text.append(UInt8(ascii: "{"))
            text += series.bytes
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: " "))
        write(value)
    }

    /// Ends a line with its value.
    private mutating func write(_ value: Double) {
        if let whole = Self.whole(value) { write(whole) } else { text += Self.number(value).utf8 }
        endLine()
    }

    private mutating func endLine() {
        text.append(UInt8(ascii: "\n"))
        if text.count >= Self.partBytes { handOn() }
    }

    private mutating func write(_ value: Int64) {
        if value < 0 { text.append(UInt8(ascii: "-")) }
        let start = text.count
        var rest = value.magnitude
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        text[start...].reverse()
    }

    private mutating func handOn() {
        guard isWanted, !text.isEmpty else { return }
        isWanted = send(text)
        text.removeAll(keepingCapacity: true)
    }

    package static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return whole(value).map { String($0) } ?? "\(value)"
    }

    /// The value as an integer if it is one that is written without an exponent.
    private static func whole(_ value: Double) -> Int64? {
        value == value.rounded() && abs(value) < 1e15 ? Int64(value) : nil
    }
}
