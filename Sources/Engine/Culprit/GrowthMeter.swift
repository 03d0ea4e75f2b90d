/// Compares durations of an interval with those of a baseline: collects latency buckets by series, first those of the
/// baseline, to learn what is usual for each series, then all of them again, relative to that.
struct GrowthMeter: Sendable {
    private var usual = UsualDurations()
    /// Stretches of the baseline, each as long as the interval, from the earliest on.
    private var stretches: [StretchStatistics] = []
    /// The compared durations of each stretch.
    private var durations: [LatencyHistogram] = []
    /// The stretch that is being added, and its number.
    private var open = RelativeDurations()
    private var openNumber: Int?
    private var now = RelativeDurations()
    private var beyond = DurationsBeyond()

    /// Learns from durations of the baseline, in order of bucket.
    mutating func learn(_ cells: Span<SeriesCounts.Cell>, series: Int) { usual.learn(cells, series: series) }

    /// Ends the first pass.
    mutating func learned() { usual.learned() }

    /// Compares durations, in order of bucket.
    ///
    /// - Parameter stretch: of the baseline, whose stretches come one after the other; nil for the interval, which is last.
    mutating func add(_ cells: Span<SeriesCounts.Cell>, series: Int, stretch: Int?) {
        let known = usual.code(of: series)
        if stretch != openNumber { endStretch() }
        guard let stretch else {
            now.add(cells, usual: known)
            if let known { beyond.add(cells, usual: known, longest: usual.longest(of: series)) }
            return
        }
        openNumber = stretch
        open.add(cells, usual: known)
    }

    /// Ends some seconds whose durations have been added.
    mutating func endSlot() {
        if openNumber != nil { open.endPart() } else { now.endPart() }
    }

    private mutating func endStretch() {
        guard openNumber != nil else { return }
        stretches.append(open.statistics)
        durations.append(open.compared)
        open.removeAll()
        openNumber = nil
    }

    /// How the interval compares with the baseline.
    var growth: Growth {
        var meter = self
        meter.endStretch()
        var before = LatencyHistogram()
        for stretch in GrowthBaseline.healthy(meter.stretches) { before.add(meter.durations[stretch]) }
        return Growth(now, GrowthBaseline(meter.stretches), before: before, beyond: beyond)
    }
}

/// Compared durations of an interval that are far beyond the longest one before.
struct DurationsBeyond: Sendable {
    private(set) var count = 0
    /// The buckets between them and the usual ones.
    private var steps = 0

    /// Three times as long.
    private static let stepsMin = 102

    /// Adds those among some durations of a series, which are in order of bucket.
    ///
    /// - Parameters:
    ///   - usual: the bucket of the usual one.
    ///   - longest: the bucket of the longest one before.
    mutating func add(_ cells: Span<SeriesCounts.Cell>, usual: Int, longest: Int) {
        let far = max(longest, UsualDurations.codeMin) + Self.stepsMin
        for index in cells.indices.reversed() {
            let (code, added) = (Int(cells[index].code), Int(cells[index].count))
            guard code >= far else { return }
            count += added
            steps += (code - usual) * added
        }
    }

    /// How many times as long as usual they are; 1 without any.
    var times: Double { count > 0 ? LatencyBucket.ratio(ofSteps: Double(steps) / Double(count)) : 1 }
}
