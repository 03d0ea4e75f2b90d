import Support

/// An interval and its baseline, Unix nanoseconds.
package struct Comparison: Hashable, Sendable {
    package var interval: Range<Int64>
    package var baseline: Range<Int64>
    /// Times that don't show what is healthy: earlier faults.
    var excluded: [Range<Int64>] = []

    package init(interval: Range<Int64>, baseline: Range<Int64>) {
        self.interval = interval
        self.baseline = baseline
    }

    /// - Parameters:
    ///   - end: of the baseline, which is ten minutes long. - faults: earlier ones. The baseline goes back further by
    ///     as much as they take of it.
    fileprivate init(interval: Range<Int64>, baselineUpTo end: Int64, without faults: [Range<Int64>]) {
        let begin = end.subtractingSaturating(WindowView.culpritBaseline)
        let lost = faults.filter { $0.overlaps(begin..<end) }
            .reduce(0) { $0 + min($1.upperBound, end) - max($1.lowerBound, begin) }
        self.init(interval: interval, baseline: begin.subtractingSaturating(lost)..<end)
        excluded = faults.filter { $0.overlaps(baseline) }
    }

    /// The same for an interval of at least some length that ends at the same time.
    func over(_ length: Int64) -> Comparison {
        var wider = self
        let begin = interval.upperBound.subtractingSaturating(length)
        wider.interval = min(begin, interval.lowerBound)..<interval.upperBound
        return wider
    }

    func isInterval(_ slot: SlotView) -> Bool { interval.overlaps(slot.start..<slot.end) }

    func isBaseline(_ slot: SlotView) -> Bool {
        !isInterval(slot) && baseline.overlaps(slot.start..<slot.end) && !isExcluded(slot)
    }

    /// Whether a slot is between the baseline's beginning and the interval's end, and in no earlier fault.
    func isHeld(_ slot: SlotView) -> Bool {
        slot.start >= baseline.lowerBound && slot.start < interval.upperBound && !isExcluded(slot)
    }

    func isExcluded(_ slot: SlotView) -> Bool { excluded.contains { $0.overlaps(slot.start..<slot.end) } }

    /// Which stretch of the baseline a slot belongs to, counted back from its end. They are as long as the interval.
    func stretch(of slot: SlotView) -> Int {
        let length = max(interval.upperBound.subtractingSaturating(interval.lowerBound), Window.slotWidth)
        return Int(max(baseline.upperBound - slot.start - 1, 0) / length)
    }

    /// The same for a fault that began at some time. The fault doesn't show what is healthy, nor does the slot before,
    /// which may hold its beginning.
    func beforeFault(at onset: Int64, faults: [Range<Int64>]) -> Comparison {
        let end = onset.subtractingSaturating(Window.slotWidth)
        guard end < baseline.upperBound else { return self }
        return Comparison(interval: interval, baselineUpTo: end, without: faults)
    }
}

/// What to compare, and for which requests or spans.
package struct ComparisonQuestion: Sendable {
    /// When, Unix nanoseconds.
    var time: Int64
    /// When the fault was noticed, at the latest.
    var noticedAt: Int64
    /// The length of the range over which it was noticed, nanoseconds.
    var range: Int64
    var population: Population
    var series: [Int32]
    /// Earlier faults, Unix nanoseconds.
    var faults: [Range<Int64>]

    package init(
        time: Int64, noticedAt: Int64, range: Int64, population: Population, series: [Int32], faults: [Range<Int64>]
    ) {
        self.time = time
        self.noticedAt = noticedAt
        self.range = range
        self.population = population
        self.series = series
        self.faults = faults
    }
}

extension WindowView {
    /// What to compare for each question: the last half minute with the ten minutes before the fault.
    ///
    /// A condition over a long range notices a fault late, so the baseline ends half of that range before it was
    /// noticed, if enough history remains. If spans arrive late, or rules weren't evaluated for a while, the fault is
    /// noticed even later, so the baseline also ends before the series in question began to take longer.
    ///
    /// - Returns: also when the series in question began to take longer, Unix nanoseconds; nil if they didn't.
    package func comparisons(_ questions: [ComparisonQuestion]) -> [(comparison: Comparison, onset: Int64?)] {
        let first = questions.map { comparison($0) }
        let onsets = onsets(zip(questions, first).map { ($0.population, $0.series, $1) })
        return questions.indices.map { index in
            let comparison = onsets[index].map {
                first[index].beforeFault(at: $0.from, faults: questions[index].faults)
            }
            return (withEnoughBefore(comparison ?? first[index]), onsets[index]?.slot)
        }
    }

    /// The same without a baseline if too little of it is known: a few seconds don't show what is healthy, least of all
    /// the first ones after a start.
    private func withEnoughBefore(_ comparison: Comparison) -> Comparison {
        let end = comparison.baseline.upperBound
        let first = slotsWithRemembered.first { comparison.isBaseline($0) }
        let known = max(first?.start ?? end, comparison.baseline.lowerBound)
        let left = comparison.excluded.reduce(end.subtractingSaturating(known)) {
            $0 - max(min($1.upperBound, end) - max($1.lowerBound, known), 0)
        }
        return left >= Self.culpritBaselineShortest
            ? comparison : Comparison(interval: comparison.interval, baseline: end..<end)
    }

    private func comparison(_ question: ComparisonQuestion) -> Comparison {
        let oldest = slotsWithRemembered.first?.start ?? question.time
        let noticed = question.noticedAt.subtractingSaturating(max(question.range / 2, Self.culpritInterval))
        let latest = question.noticedAt.subtractingSaturating(Self.culpritInterval)
        let end = noticed.subtractingSaturating(oldest) >= Self.culpritBaselineMin ? noticed : latest
        return Comparison(
            interval: question.time.subtractingSaturating(Self.culpritInterval)..<question.time, baselineUpTo: end,
            without: question.faults)
    }

    /// What to compare an interval of a query with, unless the query says so: the ten minutes before it, or before the
    /// requests in question began to take longer. The last half minute is left out if the window goes back far enough,
    /// because people notice faults late.
    ///
    /// - Parameter series: of the requests in question.
    package func comparison(of interval: Range<Int64>, baseline: Range<Int64>?, requests series: [Int32]) -> Comparison
    {
        if let baseline { return Comparison(interval: interval, baseline: baseline) }
        let oldest = slotsWithRemembered.first?.start ?? interval.lowerBound
        let early = interval.lowerBound.subtractingSaturating(Self.culpritInterval)
        let end = early.subtractingSaturating(oldest) >= Self.culpritBaselineMin ? early : interval.lowerBound
        var comparison = Comparison(interval: interval, baselineUpTo: end, without: [])
        if let onset = onsets([(.requests, series, comparison)])[0] {
            comparison = comparison.beforeFault(at: onset.from, faults: [])
        }
        // What it says it was compared with was there.
        let known = slotsWithRemembered.first { comparison.isBaseline($0) }?.start ?? 0
        let upper = max(comparison.baseline.upperBound, 0)
        comparison.baseline = min(max(comparison.baseline.lowerBound, known, 0), upper)..<upper
        return withEnoughBefore(comparison)
    }

    /// Whether enough is known to compare the half minute before a time with; Unix nanoseconds.
    package func hasBaseline(at time: Int64) -> Bool {
        let end = time.subtractingSaturating(Self.culpritInterval)
        let first = slotsWithRemembered.first { $0.end > end.subtractingSaturating(Self.culpritBaseline) }?.start ?? end
        return end.subtractingSaturating(first) >= Self.culpritBaselineShortest
    }

    /// When the series of each question began to take longer than before, lastingly; nil if they didn't.
    private func onsets(_ questions: [(population: Population, series: [Int32], comparison: Comparison)]) -> [Onset?] {
        var onsets = [Onset?](repeating: nil, count: questions.count)
        for population in Population.allCases {
            let asked = questions.indices.filter { questions[$0].population == population }
            guard let begin = asked.map({ questions[$0].comparison.baseline.lowerBound }).min() else { continue }
            let series = asked.reduce(into: Set<Int32>()) { $0.formUnion(questions[$1].series) }
            let durations = SlotDurations(slotsWithRemembered.filter { $0.end > begin }, population, of: series)
            for number in asked {
                onsets[number] = durations.onset(of: questions[number].series, in: questions[number].comparison)
            }
        }
        return onsets
    }

    private static let culpritInterval: Int64 = 30_000_000_000
    package static let culpritBaseline: Int64 = 600_000_000_000
    private static let culpritBaselineMin: Int64 = 60_000_000_000
    /// Half of the interval of an alert.
    static let culpritBaselineShortest: Int64 = 15_000_000_000
}
