import Engine
import Support

/// Prometheus' protobuf format: one delimited `io.prometheus.client.MetricFamily` for each family that has samples. Only
/// this format carries native histograms; classic buckets come in the same message.
///
/// Source: Prometheus' client_model, `metrics.proto`. Field numbers are beside each write.
struct ProtobufExposition: ExpositionWriter {
    private let send: ([UInt8]) -> Bool
    /// A `google.protobuf.Timestamp`; nil if it is unknown.
    private let created: [UInt8]?
    private var kind = MetricFamily.Kind.gauge
    private var message = WireWriter()
    private var metric = WireWriter()
    private var value = WireWriter()
    private var hasSamples = false
    private var isWanted = true

    /// - Parameters:
    ///   - created: when the counters began to count, Unix nanoseconds.
    ///   - send: takes the output part by part; returns false once the client is gone.
    init(created: Int64?, send: @escaping ([UInt8]) -> Bool) {
        self.created = created.map(Self.timestamp)
        self.send = send
    }

    mutating func begin(_ family: MetricFamily) {
        handOn()
        kind = family.kind
        message.text(1, family.shownName)
        message.text(2, family.help)
        message.varint(3, Self.type(kind))
        if let unit = family.unit { message.text(5, unit) }
    }

    /// `MetricType`. A summary without sum and count would be read as one whose sum and count are 0, so its quantiles are
    /// gauges.
    private static func type(_ kind: MetricFamily.Kind) -> UInt64 {
        switch kind {
        case .counter: 0
        case .gauge, .summary: 1
        case .histogram: 4
        }
    }

    mutating func sample(_ value: Double, _ series: SeriesText) {
        self.value.removeAll()
        self.value.double(1, value)
        if kind == .counter {
            if let created { self.value.bytes(3, created) }
            append(series, field: 3)
        } else {
            append(series, field: 2)
        }
    }

    mutating func quantile(_ quantile: String, _ value: Double, _ series: SeriesText) {
        self.value.removeAll()
        self.value.double(1, value)
        append(series.adding("quantile", quantile), field: 2)
    }

    mutating func histogram(_ sample: HistogramSample, _ series: SeriesText) {
        value.removeAll()
        value.varint(1, UInt64(sample.counts.reduce(0, +)))
        value.double(2, sample.sum)
        let exemplars = sample.counts.indices.map { sample.exemplar($0).map(Self.message) }
        var cumulative: UInt64 = 0
        for (index, count) in sample.counts.enumerated() {
            cumulative += UInt64(count)
            var bucket = WireWriter()
            bucket.varint(1, cumulative)
            bucket.double(2, sample.bounds.seconds[index])
            if let exemplar = exemplars[index] { bucket.bytes(3, exemplar) }
            value.bytes(3, bucket.bytes)
        }
        if let native = sample.native, !native.isEmpty {
            NativeHistogram(native).write(to: &value)
            for exemplar in exemplars { if let exemplar { value.bytes(16, exemplar) } }
        }
        if let created { value.bytes(15, created) }
        append(series, field: 7)
    }

    mutating func finish() { handOn() }

    /// Adds a metric with the value that was written.
    private mutating func append(_ series: SeriesText, field: Int) {
        metric.removeAll()
        series.forEachLabel { name, value in metric.bytes(1, Self.label(name, value)) }
        metric.bytes(field, value.bytes)
        message.bytes(4, metric.bytes)
        hasSamples = true
    }

    private mutating func handOn() {
        defer {
            message.removeAll()
            hasSamples = false
        }
        guard hasSamples, isWanted else { return }
        var length: [UInt8] = []
        length.appendVarint(UInt64(message.bytes.count))
        isWanted = send(length + message.bytes)
    }

    /// A `LabelPair`.
    private static func label(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) -> [UInt8] {
        var label = WireWriter()
        label.bytes(1, Array(name))
        label.bytes(2, Array(value))
        return label.bytes
    }

    private static func message(_ exemplar: Exemplar) -> [UInt8] {
        var message = WireWriter()
        message.bytes(1, label("trace_id".utf8, exemplar.traceID.hex.utf8))
        message.double(2, Double(exemplar.duration) / 1e9)
        message.bytes(3, timestamp(exemplar.end))
        return message.bytes
    }

    private static func timestamp(_ time: Int64) -> [UInt8] {
        let (seconds, nanoseconds) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        var message = WireWriter()
        message.varint(1, UInt64(bitPattern: seconds))
        message.varint(2, UInt64(max(nanoseconds, 0)))
        return message.bytes
    }
}

/// The buckets of a native histogram as a scrape carries them, at a resolution that keeps their number small.
struct NativeHistogram {
    private(set) var schema = NativeCounts.schema
    /// The native index of the first bucket: bucket i covers (2^((i−1)/2^schema), 2^(i/2^schema)] seconds.
    private(set) var firstIndex: Int
    private(set) var counts: [Int]
    private let zeros: Int

    /// Prometheus' own client libraries halve the resolution beyond this number.
    private static let bucketsMax = 160
    private static let schemaMin = -4
    /// Seconds, the width of the bucket that holds zero; that of Prometheus' own client libraries.
    private static let zeroThreshold = 0x1p-128
    /// So many empty buckets cost less than a new span.
    private static let gapMax = 2

    init(_ native: NativeCounts) {
        firstIndex = native.firstIndex
        counts = native.counts
        zeros = native.zeros
        while counts.count(where: { $0 > 0 }) > Self.bucketsMax, schema > Self.schemaMin { halve() }
    }

    /// Merges the buckets in pairs. The upper bound of a pair is that of its second bucket, whose index is even.
    private mutating func halve() {
        let first = (firstIndex + 1) >> 1
        var merged: [Int] = []
        for (position, count) in counts.enumerated() {
            let index = (firstIndex + position + 1) >> 1
            if index - first == merged.count { merged.append(0) }
            merged[index - first] += count
        }
        (firstIndex, counts, schema) = (first, merged, schema - 1)
    }

    /// Writes the fields of a `Histogram` that make it a native one.
    func write(to message: inout WireWriter) {
        message.sint(5, schema)
        message.double(6, Self.zeroThreshold)
        message.varint(7, UInt64(zeros))
        var (spans, next) = ([(offset: Int, length: Int)](), 0)
        for position in counts.indices where counts[position] > 0 {
            if let last = spans.indices.last, position - next <= Self.gapMax {
                spans[last].length += position + 1 - next
            } else {
                spans.append((spans.isEmpty ? firstIndex + position : position - next, 1))
            }
            next = position + 1
        }
        for span in spans {
            var nested = WireWriter()
            nested.sint(1, span.offset)
            nested.varint(2, UInt64(span.length))
            message.bytes(12, nested.bytes)
        }
        var (position, before) = (-firstIndex, 0)
        for span in spans {
            position += span.offset
            for count in counts[position..<position + span.length] {
                message.sint(13, count - before)
                before = count
            }
            position += span.length
        }
    }
}
