/// Collects latency buckets by series: first those of the baseline, to learn what is usual for each series, then all of them
/// again, relative to that.
struct GrowthMeter: Sendable {
    /// What is usual for a series.
    private struct Usual {
        /// The median's bucket; nil if the series can't be compared.
        var code: Int?
        var longest = 0
    }

    /// By number of the series.
    private var usual: [Usual] = []
    /// What was learned so far, by number of the series.
    private var learning: [LatencyHistogram] = []
    /// Stretches of the baseline, each as long as the interval, from the earliest on.
    private var stretches: [StretchStatistics] = []
    /// The compared durations of each stretch; empty if they aren't kept.
    private var durations: [LatencyHistogram] = []
    /// The stretch that is being added, and its number.
    private var open: RelativeDurations
    private var openNumber: Int?
    private var now: RelativeDurations
    private let keepsDurations: Bool
    private var beyond = DurationsBeyond()

    /// With fewer earlier durations, the median of a series is unreliable.
    private static let countMin = 8
    /// Below 20 µs durations are noise, and count as 20 µs.
    static let codeMin = Int(LatencyBucket.shared.code(20_000))
    /// A series that usually takes longer than ten seconds is a stream.
    private static let codeMax = Int(LatencyBucket.shared.code(10_000_000_000))

    /// - Parameter keepsDurations: without it growth is known, but not from which durations.
    init(keepsDurations: Bool = true) {
        self.keepsDurations = keepsDurations
        open = RelativeDurations(keepsDurations: keepsDurations)
        now = open
    }

    /// Learns from durations of the baseline, in order of bucket.
    mutating func learn(_ cells: Span<SeriesCounts.Cell>, series: Int) {
        guard !cells.isEmpty else { return }
        while learning.count <= series {
            learning.append(LatencyHistogram())
            usual.append(Usual())
        }
        learning[series].add(cells)
        usual[series].longest = max(usual[series].longest, Int(cells[cells.count - 1].code))
    }

    /// Ends the first pass.
    mutating func learned() {
        for series in usual.indices {
            guard learning[series].count >= Self.countMin,
                let median = learning[series].code(quantile: 0.5), median < Self.codeMax
            else { continue }
            usual[series].code = max(median, Self.codeMin)
        }
        learning = []
    }

    /// Compares durations, in order of bucket.
    ///
    /// - Parameter stretch: of the baseline, whose stretches come one after the other; nil for the interval, which is last.
    mutating func add(_ cells: Span<SeriesCounts.Cell>, series: Int, stretch: Int?) {
        let known = series < usual.count ? usual[series].code : nil
        if stretch != openNumber { endStretch() }
        guard let stretch else {
            now.add(cells, usual: known)
            if let known { addBeyond(cells, usual: known, longest: usual[series].longest) }
            return
        }
        openNumber = stretch
        open.add(cells, usual: known)
    }

    private mutating func addBeyond(_ cells: Span<SeriesCounts.Cell>, usual: Int, longest: Int) {
        let far = max(longest, Self.codeMin) + DurationsBeyond.stepsMin
        for index in cells.indices.reversed() {
            let (code, count) = (Int(cells[index].code), Int(cells[index].count))
            guard code >= far else { return }
            beyond.count += count
            beyond.steps += (code - usual) * count
        }
    }

    /// Ends some seconds whose durations have been added.
    mutating func endSlot() {
        if openNumber != nil { open.endPart() } else { now.endPart() }
    }

    private mutating func endStretch() {
        guard openNumber != nil else { return }
        stretches.append(open.statistics)
        if keepsDurations { durations.append(open.compared) }
        open.removeAll()
        openNumber = nil
    }

    /// Ends the second pass over the baseline. What ended in the interval may then be added, again and again to copies of
    /// this.
    mutating func endBaseline() -> GrowthBaseline {
        endStretch()
        let baseline = GrowthBaseline(stretches)
        stretches = []
        open = RelativeDurations(keepsDurations: keepsDurations)
        return baseline
    }

    /// How the interval compares with a baseline that has ended.
    func growth(_ baseline: GrowthBaseline) -> Growth {
        Growth(now, baseline, before: LatencyHistogram(), beyond: beyond)
    }

    /// How the interval compares with the baseline.
    var growth: Growth {
        var meter = self
        meter.endStretch()
        var before = LatencyHistogram()
        for stretch in GrowthBaseline.healthy(meter.stretches) where keepsDurations {
            before.add(meter.durations[stretch])
        }
        return Growth(now, GrowthBaseline(meter.stretches), before: before, beyond: beyond)
    }
}

/// Compared durations of an interval that are far beyond the longest one before.
struct DurationsBeyond: Sendable {
    var count = 0
    /// The buckets between them and the usual ones.
    var steps = 0

    /// Three times as long.
    static let stepsMin = 102

    /// How many times as long as usual they are; 1 without any.
    var times: Double { count > 0 ? LatencyBucket.ratio(ofSteps: Double(steps) / Double(count)) : 1 }
}
