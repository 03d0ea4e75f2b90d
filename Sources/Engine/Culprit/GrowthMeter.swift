/// Collects latency bucket codes by series: first those of the baseline, to learn what is usual for each series, then all of
/// them again, relative to that.
struct GrowthMeter: Sendable {
    /// What is usual for a series.
    private struct Usual {
        var durations = LatencyHistogram()
        var longest = 0
        /// The median's bucket; nil if the series can't be compared.
        var code: Int?
    }

    /// By number of the series.
    private var usual: [Usual] = []
    /// Stretches of the baseline, each as long as the interval.
    private(set) var stretches: [RelativeDurations] = []
    private(set) var now = RelativeDurations()
    /// Compared durations of the interval far beyond the longest before, and the buckets between them and the usual ones.
    private(set) var beyond = 0
    private(set) var stepsBeyond = 0
    /// The durations of a few seconds, as steps, and the stretch that they are a part of.
    private var part = LatencyHistogram()
    private var stretchOfPart: Int?

    /// With fewer earlier durations, the median of a series is unreliable.
    private static let countMin = 8
    /// Below 20 µs durations are noise, and count as 20 µs.
    static let codeMin = Int(LatencyBucket.shared.code(20_000))
    /// A series that usually takes longer than ten seconds is a stream.
    private static let codeMax = Int(LatencyBucket.shared.code(10_000_000_000))
    /// Three times as long.
    private static let farBeyond = 102
    /// With fewer durations, the tail of a few seconds is one of them.
    private static let partMin = 20

    /// Learns from a duration of the baseline.
    mutating func learn(_ code: UInt16, count: Int, series: Int) {
        while usual.count <= series { usual.append(Usual()) }
        usual[series].durations.add(Int(code), count: count)
        usual[series].longest = max(usual[series].longest, Int(code))
    }

    /// Ends the first pass.
    mutating func learned(stretches count: Int) {
        stretches = Array(repeating: RelativeDurations(), count: count)
        for series in usual.indices {
            guard usual[series].durations.count >= Self.countMin,
                let median = usual[series].durations.code(quantile: 0.5), median < Self.codeMax
            else { continue }
            usual[series].code = max(median, Self.codeMin)
        }
        for series in usual.indices { usual[series].durations = LatencyHistogram() }
    }

    /// Compares a duration.
    ///
    /// - Parameter stretch: of the baseline; nil for the interval.
    mutating func add(_ code: UInt16, count: Int, series: Int, stretch: Int?) {
        let known = series < usual.count ? usual[series].code : nil
        if stretch != stretchOfPart {
            part.removeAll()
            stretchOfPart = stretch
        }
        if let known { part.add(RelativeDurations.step(Int(code), usual: known), count: count) }
        if let stretch { return stretches[stretch].add(Int(code), usual: known, count: count) }
        now.add(Int(code), usual: known, count: count)
        guard let known, Int(code) >= max(usual[series].longest, Self.codeMin) + Self.farBeyond else { return }
        beyond += count
        stepsBeyond += (Int(code) - known) * count
    }

    /// Ends some seconds whose durations have been added. Too few are added to what follows.
    mutating func endSlot() {
        guard part.count >= Self.partMin else { return }
        if let stretchOfPart { stretches[stretchOfPart].add(part: part) } else { now.add(part: part) }
        part.removeAll()
    }

    /// Ends the second pass over the baseline. What ended in the interval may then be added in its place, again and again to
    /// copies of this, to learn by how much it grew, but not from which durations.
    mutating func endBaseline() -> GrowthBaseline {
        let baseline = GrowthBaseline(stretches, keepsDurations: false)
        stretches = []
        return baseline
    }

    var growth: Growth { Growth(self, GrowthBaseline(stretches)) }
}
