import Engine
import Support

/// Judges a rule's condition over parts of its windows. Times are in nanoseconds since the epoch.
struct CutWindows<Source: MeasurementSource> {
    let rule: Rule
    let grouping: SeriesGrouping
    /// The group that the condition is judged for.
    let group: Int
    let time: Int64
    /// When the alert became active: what came after doesn't show what is usual.
    let since: Int64
    let source: Source

    /// Whether the condition certainly holds without what ended in some stretches of time.
    func holds(without times: [Range<Int64>]) -> Bool {
        judge(scaling: false) { whole in whole.pieces(without: times) }
    }

    /// Whether the condition certainly holds over the last stretch of its windows. Counts are scaled to the whole windows,
    /// so that minimum counts mean what they mean otherwise.
    func holds(overLast length: Int64) -> Bool {
        let start = time.subtractingSaturating(length)
        return judge(scaling: true) { whole in
            whole.upperBound == time && whole.lowerBound < start ? [start..<time] : [whole]
        }
    }

    private func judge(scaling isScaled: Bool, _ pieces: (Range<Int64>) -> [Range<Int64>]) -> Bool {
        let inputs = rule.condition.inputs
        var values = EvaluationInputs(of: inputs, over: rule.over)
        for (index, key) in rule.ranges.enumerated() {
            let to = time.subtractingSaturating(key.offset)
            let whole = min(to.subtractingSaturating(key.length), to)..<to
            let parts = pieces(whole)
            values.ranges[index].isHeard = true
            fill(&values.ranges[index], key, parts, wanted: inputs.measured(in: index))
            if isScaled, let part = parts.first, part != whole {
                values.ranges[index].scale(by: Double(whole.length) / Double(part.length))
            }
        }
        return rule.condition.judge(values) == .holds
    }

    /// Fills in what was measured in the parts of a window: counts add up, and a quantile of the whole lies between those of
    /// its parts.
    private func fill(
        _ range: inout EvaluationInputs.Range, _ key: WatchedRange.Key, _ parts: [Range<Int64>], wanted: MeasuredValues
    ) {
        range.tally = LatencyTally()
        let selection = selection(key, wanted)
        for part in parts {
            let found = source.measure(key.measuredPopulation, from: part.lowerBound, to: part.upperBound, [selection])[
                0][0]
            guard found.count > 0 else { continue }
            var other = range
            other.fill(found, of: wanted, wanted: wanted)
            other.slowdown = ratio(key, part, selection)
            range.merge(other)
        }
    }

    /// How many times as long as earlier, or as usual, a part of a window takes, if that is what the range is about.
    private func ratio(_ key: WatchedRange.Key, _ part: Range<Int64>, _ selection: Selection) -> Double? {
        switch key.measured {
        case .slowdown(let slowdown):
            slowdown.measure(
                key.measuredPopulation, from: part.lowerBound, to: part.upperBound, selection, over: source)[0]
        case .errorGrowth:
            ErrorGrowth.measure(
                key.measuredPopulation, from: part.lowerBound, to: part.upperBound, selection, since: [since],
                groups: [1], over: source)[0]
        case .growth(let statistic), .partGrowth(let statistic, _):
            growth(key, part)?[statistic]
        case .durations, .selfTimes, .part, .parts: nil
        }
    }

    private func growth(_ key: WatchedRange.Key, _ part: Range<Int64>) -> Growths? {
        let series = grouping.series(of: group, in: key)
        var usual = UsualGrowths()
        let question = GrowthQuestion([GrowthQuestion.Group(series: series, since: since)])
        return source.growths([(GrowthRange(key.measuredPopulation, part, offset: 0), [question])], &usual)[0][0][0]
    }

    private func selection(_ key: WatchedRange.Key, _ wanted: MeasuredValues) -> Selection {
        var groupOfSeries = [Int32](repeating: -1, count: grouping.seriesCount(key.measuredPopulation, in: source))
        for member in grouping.members(of: group) {
            for series in key.measuredSeries(of: member) where series < groupOfSeries.count {
                groupOfSeries[series] = 0
            }
        }
        return Selection(
            groupOfSeries: groupOfSeries, groupCount: 1, quantiles: wanted.fractions, wantsMax: wanted.wantsMax,
            thresholds: wanted.thresholds, instances: grouping.instances)
    }
}

extension Range<Int64> {
    fileprivate var length: Int64 { upperBound.subtractingSaturating(lowerBound) }

    /// What is left of it without some other ranges, in order.
    fileprivate func pieces(without others: [Range<Int64>]) -> [Range<Int64>] {
        var pieces = [self]
        for other in others {
            pieces = pieces.flatMap { piece in
                guard piece.overlaps(other) else { return [piece] }
                return [
                    piece.lowerBound..<Swift.max(piece.lowerBound, other.lowerBound),
                    Swift.min(piece.upperBound, other.upperBound)..<piece.upperBound,
                ].filter { !$0.isEmpty }
            }
        }
        return pieces
    }
}

extension EvaluationInputs.Range {
    /// Adds what was measured in another part of the same window.
    fileprivate mutating func merge(_ other: EvaluationInputs.Range) {
        guard let sum = other.tally else { return }
        guard let tally, tally.count > 0 else {
            self = other
            return
        }
        self.tally = tally.adding(sum)
        quantiles = zip(quantiles, other.quantiles).map {
            Swift.min($0.lowerBound, $1.lowerBound)...Swift.max($0.upperBound, $1.upperBound)
        }
        max = Swift.max(max.upperBound, other.max.upperBound)...Swift.max(max.upperBound, other.max.upperBound)
        bad = zip(bad, other.bad).map(+)
        // What one part must show, all parts must show.
        slowdown = [slowdown, other.slowdown].compactMap(\.self).min()
    }

    fileprivate mutating func scale(by factor: Double) {
        guard let tally else { return }
        self.tally = tally.scaled(by: factor)
        bad = bad.map { Int(Double($0) * factor) }
    }
}

extension LatencyTally {
    fileprivate func adding(_ other: LatencyTally) -> LatencyTally {
        var sum = self
        sum.count += other.count
        sum.errors += other.errors
        sum.sum += other.sum
        return sum
    }

    fileprivate func scaled(by factor: Double) -> LatencyTally {
        var scaled = self
        scaled.count = Int(Double(count) * factor)
        scaled.errors = Int(Double(errors) * factor)
        scaled.sum = Int128(Double(sum) * factor)
        return scaled
    }
}
