import Engine

/// Prometheus' text format, or OpenMetrics.
struct TextExposition: ExpositionWriter {
    /// Bytes collected before a part is sent.
    private static let partBytes = 64 << 10

    private let isOpenMetrics: Bool
    /// Takes a part of the output; returns false once the client is gone.
    private let send: ([UInt8]) -> Bool
    private var text: [UInt8] = []
    private var kind = MetricFamily.Kind.gauge
    private var name: [UInt8] = []
    /// What all buckets of a series begin with.
    private var bucketStart: [UInt8] = []
    private var isWanted = true

    /// - Parameter send: takes the output part by part; returns false once the client is gone.
    init(isOpenMetrics: Bool, send: @escaping ([UInt8]) -> Bool) {
        self.isOpenMetrics = isOpenMetrics
        self.send = send
        text.reserveCapacity(Self.partBytes + (8 << 10))
    }

    mutating func begin(_ family: MetricFamily) {
        kind = family.kind
        name = Array(family.name.utf8)
        add(isOpenMetrics ? family.head.openMetrics : family.head.text)
    }

    mutating func sample(_ value: Double, _ series: SeriesText) {
        sample(kind == .counter ? "_total" : "", value, series)
    }

    mutating func quantile(_ quantile: String, _ value: Double, _ series: SeriesText) {
        guard isWanted else { return }
        add(name)
        text.append(UInt8(ascii: "{"))
        add(series.bytes)
        if series.count > 0 { text.append(UInt8(ascii: ",")) }
        text += "quantile=\"".utf8
        text += quantile.utf8
        text += "\"} ".utf8
        write(value)
    }

    mutating func histogram(_ sample: HistogramSample, _ series: SeriesText) {
        bucketStart.removeAll(keepingCapacity: true)
        bucketStart += name
        bucketStart += "_bucket{".utf8
        bucketStart += series.bytes
        if series.count > 0 { bucketStart.append(UInt8(ascii: ",")) }
        var cumulative = 0
        for (index, count) in sample.counts.enumerated() {
            cumulative += count
            guard isWanted else { return }
            add(bucketStart)
            add(sample.bounds.ends[index])
            write(Int64(cumulative))
            if isOpenMetrics, let exemplar = sample.exemplar(index) { write(exemplar) }
            endLine()
        }
        self.sample("_sum", sample.sum, series)
        self.sample("_count", Double(cumulative), series)
    }

    mutating func finish() {
        if isOpenMetrics { text += "# EOF\n".utf8 }
        handOn()
    }

    private mutating func sample(_ suffix: StaticString, _ value: Double, _ series: SeriesText) {
        guard isWanted else { return }
        add(name)
        suffix.withUTF8Buffer { unsafe text.append(contentsOf: $0) }
        if series.count > 0 {
            text.append(UInt8(ascii: "{"))
            add(series.bytes)
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: " "))
        write(value)
    }

    /// Without taking hold of the array, as `+=` does.
    private mutating func add(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { unsafe text.append(contentsOf: $0) }
    }

    /// Ends a line with its value.
    private mutating func write(_ value: Double) {
        if let whole = Self.whole(value) {
            write(whole)
        } else if let nanos = Self.nanos(value) {
            write(nanos: nanos)
        } else {
            text += Self.number(value).utf8
        }
        endLine()
    }

    /// OpenMetrics 1.0.0, "Exemplars". The value is in the bucket because it is the exact duration.
    private mutating func write(_ exemplar: Exemplar) {
        text += " # {trace_id=\"\(exemplar.traceID.hex)\"} ".utf8
        text += "\(Self.number(Double(exemplar.duration) / 1e9)) \(Self.number(Double(exemplar.end) / 1e9))".utf8
    }

    private mutating func endLine() {
        text.append(UInt8(ascii: "\n"))
        if text.count >= Self.partBytes { handOn() }
    }

    private mutating func write(_ value: Int64) {
        if value < 0 { text.append(UInt8(ascii: "-")) }
        var (rest, power) = (value.magnitude, UInt64(1))
        while rest / power >= 10 { power *= 10 }
        while power > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / power))
            rest %= power
            power /= 10
        }
    }

    /// Writes billionths as a decimal fraction.
    private mutating func write(nanos: UInt64) {
        var (rest, power) = (nanos % 1_000_000_000, UInt64(100_000_000))
        write(Int64(nanos / 1_000_000_000))
        text.append(UInt8(ascii: "."))
        while rest > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / power))
            rest %= power
            power /= 10
        }
    }

    private mutating func handOn() {
        guard isWanted, !text.isEmpty else { return }
        isWanted = send(text)
        text.removeAll(keepingCapacity: true)
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return whole(value).map { String($0) } ?? "\(value)"
    }

    /// The value as an integer if it is one that is written without an exponent.
    private static func whole(_ value: Double) -> Int64? {
        value == value.rounded() && abs(value) < 1e15 ? Int64(value) : nil
    }

    /// The value in billionths, if it is a whole number of them that has at most 15 digits and is written without an
    /// exponent. No other decimal fraction so short has this value, so it is the shortest.
    private static func nanos(_ value: Double) -> UInt64? {
        guard value >= 1e-4, value < 1e6 else { return nil }
        let nanos = (value * 1e9).rounded()
        return nanos / 1e9 == value ? UInt64(nanos) : nil
    }
}
