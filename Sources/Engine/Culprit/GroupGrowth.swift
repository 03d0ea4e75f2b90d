import Support

/// Asks how much longer than usual spans or requests take, by group of series.
package struct GrowthQuestion: Equatable, Sendable {
    /// The group of each series; -1 for none.
    let groupOfSeries: [Int32]
    /// By group: since when it has been slow, Unix nanoseconds; nil if it isn't. A fault is no measure of what is usual.
    let since: [Int64?]

    package var groupCount: Int { since.count }

    package init(groupOfSeries: [Int32], since: [Int64?]) {
        self.groupOfSeries = groupOfSeries
        self.since = since
    }
}

/// How many times as long as usual something takes: the ratio of each statistic to the usual one, of durations relative to
/// their series. 1 unless it grew by more than it varies in health.
package struct Growths: Sendable {
    private let times: [Double]

    fileprivate init(_ growth: Growth, sure: Double) {
        times = GrowthStatistic.allCases.map { statistic in
            guard let change = growth[statistic] else { return 1 }
            return change.deviations >= sure ? change.times : min(change.times, 1)
        }
    }

    package subscript(_ statistic: GrowthStatistic) -> Double { times[statistic.rawValue] }
}

extension WindowView {
    /// How many times as long as usual what ended in [from, to), Unix nanoseconds, takes, by group; nil if there is too little
    /// to compare.
    ///
    /// What is usual is learned from the ten minutes before, in stretches as long as the range, as far as they are in the
    /// window and before the group became slow.
    package func growth(_ population: Population, from: Int64, to: Int64, _ question: GrowthQuestion) -> [Growths?] {
        guard from < to else { return Array(repeating: nil, count: question.groupCount) }
        let baseline = from.subtractingSaturating(Self.culpritBaseline)..<from
        let comparison = Comparison(interval: from..<to, baseline: baseline)
        var meters = GroupMeters(question, length: to - from)
        let before = slots.filter { comparison.isBaseline($0) && $0.end <= from }
        for slot in before { meters.add(slot, population, stretch: comparison.stretch(of: slot), isLearning: true) }
        meters.learned(stretches: before.first.map { comparison.stretch(of: $0) + 1 } ?? 0)
        for slot in before { meters.add(slot, population, stretch: comparison.stretch(of: slot), isLearning: false) }
        for slot in slots where from <= slot.start && slot.end <= to {
            meters.add(slot, population, stretch: nil, isLearning: false)
        }
        return meters.growth
    }
}

/// The meters of some groups.
private struct GroupMeters {
    private let question: GrowthQuestion
    private var meters: [GrowthMeter]
    /// The number of each series within its group.
    private var numberInGroup: [Int] = []
    /// By group: until when durations tell what is usual, Unix nanoseconds.
    private let learnsUntil: [Int64]

    init(_ question: GrowthQuestion, length: Int64) {
        self.question = question
        meters = Array(repeating: GrowthMeter(), count: question.groupCount)
        // It became slow within the range that ended then.
        learnsUntil = question.since.map { $0?.subtractingSaturating(length) ?? .max }
        var sizes = [Int](repeating: 0, count: question.groupCount)
        for group in question.groupOfSeries {
            guard group >= 0 else {
                numberInGroup.append(0)
                continue
            }
            numberInGroup.append(sizes[Int(group)])
            sizes[Int(group)] += 1
        }
    }

    mutating func learned(stretches count: Int) {
        for group in meters.indices { meters[group].learned(stretches: count) }
    }

    /// - Parameter stretch: of the baseline; nil for the range.
    mutating func add(_ slot: SlotView, _ population: Population, stretch: Int?, isLearning: Bool) {
        slot.forEachCell(of: population) { series, code, count in
            guard series < question.groupOfSeries.count, question.groupOfSeries[series] >= 0 else { return }
            let group = Int(question.groupOfSeries[series])
            let number = numberInGroup[series]
            if isLearning {
                if slot.end <= learnsUntil[group] { meters[group].learn(code, count: count, series: number) }
            } else if stretch == nil || slot.end <= learnsUntil[group] {
                meters[group].add(code, count: count, series: number, stretch: stretch)
            }
        }
    }

    var growth: [Growths?] {
        // Many groups are many tests: a normal deviation that is exceeded as rarely by any of them.
        let sure = (Self.sure * Self.sure + 2 * Double(meters.count).logarithm).squareRoot()
        return meters.map { meter in
            let growth = meter.growth
            return growth.isCompared ? Growths(growth, sure: sure) : nil
        }
    }

    private static let sure = 4.0
}

extension Double {
    /// The natural logarithm of a number of at least 1, within a few hundredths.
    fileprivate var logarithm: Double { LatencyBucket.binaryLogarithm(self) * 0.693_147 }
}
