import Engine

/// Writes metric families in one of the formats, and passes the output on part by part.
package struct Exposition {
    private var family = MetricFamily(name: "", kind: .gauge, unit: nil, help: "", labels: [], condition: nil)
    private var writer: any ExpositionWriter
    /// Whether the format shows exemplars.
    let hasExemplars: Bool

    /// - Parameters:
    ///   - created: when the counters began to count, Unix nanoseconds; nil if that is unknown.
    ///   - send: takes the output part by part; returns false once the client is gone.
    package init(_ format: ExpositionFormat, created: Int64? = nil, send: @escaping ([UInt8]) -> Bool) {
        hasExemplars = format != .text
        writer =
            switch format {
            case .text: TextExposition(isOpenMetrics: false, send: send)
            case .openMetrics: TextExposition(isOpenMetrics: true, send: send)
            case .protobuf: ProtobufExposition(created: created, send: send)
            }
    }

    /// Begins a family, to which the following samples belong.
    mutating func begin(_ family: MetricFamily) {
        self.family = family
        writer.begin(family)
    }

    /// A sample of a counter or gauge, with one value for each label of the family.
    package mutating func sample(_ value: Double, _ labels: [String] = []) {
        sample(value, SeriesText(family.labels, labels))
    }

    /// A sample of a counter or gauge.
    mutating func sample(_ value: Double, _ series: SeriesText) {
        check(series)
        writer.sample(value, series)
    }

    /// A quantile of a summary without sum and count.
    mutating func quantile(_ quantile: String, _ value: Double, _ series: SeriesText) {
        check(series)
        writer.quantile(quantile, value, series)
    }

    /// - Parameter counts: observations in each bucket, not cumulative, the infinite one last.
    package mutating func histogram(
        _ bounds: HistogramBounds, counts: [Int], sum: Double, _ labels: [String] = []
    ) {
        var sample = HistogramSample(bounds)
        (sample.counts, sample.sum) = (counts, sum)
        histogram(sample, SeriesText(family.labels, labels))
    }

    mutating func histogram(_ sample: HistogramSample, _ series: SeriesText) {
        check(series)
        precondition(
            sample.counts.count == sample.bounds.seconds.count, "\(family.name) with another number of buckets")
        writer.histogram(sample, series)
    }

    /// Passes on the rest.
    package mutating func finish() { writer.finish() }

    private func check(_ series: SeriesText) {
        precondition(series.count == family.labels.count, "a sample of \(family.name) without its labels")
    }
}

/// The upper bounds of a histogram's buckets.
package struct HistogramBounds: Sendable {
    /// The infinite one last.
    let seconds: [Double]
    /// The `le` of each bucket with the end of the labels, in text.
    let ends: [[UInt8]]

    package init(_ seconds: [Double]) {
        self.seconds = seconds + [.infinity]
        ends = self.seconds.map { Array("le=\"\(TextExposition.number($0))\"} ".utf8) }
    }
}

/// A histogram of one series.
struct HistogramSample {
    let bounds: HistogramBounds
    /// Observations in each bucket, not cumulative, the infinite one last.
    var counts: [Int]
    /// Seconds.
    var sum = 0.0
    /// The same observations in native buckets; nil or empty if only `counts` are known.
    var native: NativeCounts?
    /// The exemplars of all series; nil if there are none.
    var exemplars: Exemplars?
    /// The number of this one.
    var series = 0

    init(_ bounds: HistogramBounds) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.seconds.count)
    }

    /// The exemplar of a bucket.
    func exemplar(_ bucket: Int) -> Exemplar? { exemplars?[series, bucket] }
}

/// Writes one format. The labels of all samples are those of their family.
protocol ExpositionWriter {
    mutating func begin(_ family: MetricFamily)
    mutating func sample(_ value: Double, _ series: SeriesText)
    mutating func quantile(_ quantile: String, _ value: Double, _ series: SeriesText)
    mutating func histogram(_ sample: HistogramSample, _ series: SeriesText)
    mutating func finish()
}
