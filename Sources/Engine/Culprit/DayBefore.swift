import Support

/// What the day before was like: complete hours that show what is usual. The minutes before a fault don't, if it has
/// been growing for longer than they reach back.
struct DayBefore {
    /// The hours, as slots of which only the counts are known.
    let hours: [SlotView]
    /// Unix nanoseconds.
    let range: Range<Int64>

    /// nil if less than a day is known, as after a start, or if earlier faults took half of it.
    ///
    /// - Parameters:
    ///   - time: Unix nanoseconds. - faults: earlier ones. An hour of which they took much doesn't show what is
    ///     healthy.
    ///   - counted: hours that the window holds.
    init?(_ time: Int64, in view: WindowView, without faults: [Range<Int64>], _ counted: inout CountedHours) {
        let end = time.subtractingSaturating(2 * Self.hour)
        range = end.subtractingSaturating(Self.length)..<end
        let kept = view.history.completeHours(in: range)
        let first = range.lowerBound.roundedUp(to: Self.hour)
        var known: [(start: Int64, counts: HistoryBlock)] = []
        for start in stride(from: first, to: range.upperBound, by: Int(Self.hour)) {
            let block = kept.first { $0.start == start }?.counts ?? counted.hour(from: start, in: view)
            if let block { known.append((start, block)) }
        }
        counted.forget(before: range.lowerBound)
        guard known.first?.start == first else { return nil }
        let healthy = known.filter { hour in
            let whole = hour.start..<hour.start.addingSaturating(Self.hour)
            return faults.reduce(0) { $0 + $1.clamped(to: whole).length } <= Self.hour / Self.faultyPart
        }
        guard healthy.count >= Self.hoursMin else { return nil }
        hours = healthy.map { SlotView(hourFrom: $0.start, $0.counts) }
    }

    /// The hour before the time in question is left out, as is the one that isn't complete yet.
    private static let length = 24 * hour
    fileprivate static let hour = HistoryTime.minutesPerHour * HistoryTime.minuteWidth
    private static let hoursMin = 12
    private static let faultyPart: Int64 = 10
}

/// Hours of which the window still has all spans, counted as the history does.
struct CountedHours: Sendable {
    /// By the start of the hour, Unix nanoseconds.
    private var hours: [Int64: HistoryBlock] = [:]

    var byteCount: Int { hours.values.reduce(0) { $0 + $1.byteCount } }

    /// nil if the window doesn't hold all of the hour, or nothing ended in it.
    fileprivate mutating func hour(from start: Int64, in view: WindowView) -> HistoryBlock? {
        if let known = hours[start] { return known }
        guard start >= view.horizon else { return nil }
        let range = start..<start.addingSaturating(DayBefore.hour)
        var tally = SeriesTally()
        for slot in view.slots where range.contains(slot.start) {
            for population in Population.allCases { tally.add(slot, population, within: nil, wanted: nil) }
            tally.addOwnWork(of: slot)
        }
        guard !tally.series.isEmpty else { return nil }
        let block = HistoryBlock(tally)
        hours[start] = block
        return block
    }

    fileprivate mutating func forget(before time: Int64) { hours = hours.filter { $0.key >= time } }
}

extension Int64 {
    fileprivate func roundedUp(to unit: Int64) -> Int64 {
        let rest = self % unit
        return rest == 0 ? self : addingSaturating(unit - rest)
    }
}

extension Range<Int64> {
    fileprivate var length: Int64 { upperBound - lowerBound }
}

extension SlotView {
    /// An hour of the history.
    fileprivate init(hourFrom start: Int64, _ block: HistoryBlock) {
        func counts(_ population: Population) -> SeriesCounts { block.counts(of: population.rawValue) }
        func ownWork(_ scope: OwnWork.Scope) -> SeriesCounts { block.counts(of: scope.population) }
        let spans = counts(.spans)
        self.init(
            remembered: start, SlotSummary(rowCount: spans.series.reduce(0) { $0 + $1.tally.count }, spans: spans),
            AttributionSummary(
                requests: counts(.requests), selfTimes: counts(.selfTimes), parts: counts(.parts),
                buckets: SelfTimeBuckets(SelfTimes(rows: 0)),
                ownWork: OwnWork(all: ownWork(.all), withoutEtcd: ownWork(.withoutEtcd))))
    }
}

extension WindowView {
    /// The culprit of the last minutes, compared with the day before; nil if less is known.
    ///
    /// - Parameter question: as for `comparisons(_:)`.
    package func culpritSinceYesterday(
        _ question: ComparisonQuestion, ofCluster cluster: String, isAboutErrors: Bool, _ components: ComponentTable,
        _ known: inout SlotDigests
    ) -> CulpritFinding? {
        guard let day = DayBefore(question.time, in: self, without: question.faults, &known.hours) else { return nil }
        let interval = question.time.subtractingSaturating(Self.minutesCompared)..<question.time
        let comparison = Comparison(interval: interval, baseline: day.range)
        let view = of(slots.filter { comparison.isInterval($0) }, remembering: day.hours)
        var digests = SlotDigests()
        digests.intervals = known.intervals
        defer { known.intervals = digests.intervals }
        let evidence = view.evidence(comparison, ofCluster: cluster, components, &digests)
        let (series, isOfRequests) = (question.series, question.population == .requests)
        var finding = view.culprit(
            evidence, comparison, ofCluster: cluster, requests: isOfRequests ? series : nil,
            calls: question.population == .spans ? series : nil, isAboutErrors: isAboutErrors, components, &digests)
        finding.verdict.why += "; compared with the day before"
        finding.startedAt = of(slots.filter { $0.end <= question.time }, remembering: day.hours)
            .riseBeyondHours(of: series, question.population)
        return finding
    }

    /// Long enough for rare calls, short enough to be read every few seconds. Nanoseconds.
    private static let minutesCompared: Int64 = 120_000_000_000
}
