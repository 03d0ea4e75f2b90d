/// How long the spans or requests of each series usually take: the median of their durations of a baseline.
struct UsualDurations: Sendable {
    private struct Usual {
        /// The median's bucket; nil if the series can't be compared.
        var code: Int?
        var longest = 0
    }

    /// By number of the series.
    private var usual: [Usual] = []
    /// What was learned so far, by number of the series.
    private var learning: [LatencyHistogram] = []

    /// With fewer earlier durations, the median of a series is unreliable.
    private static let countMin = 8
    /// Below 20 µs durations are noise, and count as 20 µs.
    static let codeMin = Int(LatencyBucket.shared.code(20_000))
    /// A series that usually takes longer than ten seconds is a stream.
    private static let codeMax = Int(LatencyBucket.shared.code(10_000_000_000))

    /// Learns from durations in order of bucket.
    mutating func learn(_ cells: Span<SeriesCounts.Cell>, series: Int) {
        guard !cells.isEmpty else { return }
        while learning.count <= series {
            learning.append(LatencyHistogram())
            usual.append(Usual())
        }
        learning[series].add(cells)
        usual[series].longest = max(usual[series].longest, Int(cells[cells.count - 1].code))
    }

    /// Ends learning.
    mutating func learned() {
        for series in usual.indices {
            guard learning[series].count >= Self.countMin,
                let median = learning[series].code(quantile: 0.5), median < Self.codeMax
            else { continue }
            usual[series].code = max(median, Self.codeMin)
        }
        learning = []
    }

    /// The bucket of a series' median; nil if the series can't be compared.
    func code(of series: Int) -> Int? { series < usual.count ? usual[series].code : nil }

    var byteCount: Int { usual.capacity * MemoryLayout<Usual>.stride }

    /// The bucket of a series' longest duration.
    func longest(of series: Int) -> Int { usual[series].longest }
}
