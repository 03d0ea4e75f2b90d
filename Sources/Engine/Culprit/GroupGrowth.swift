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
    /// What is usual is learned from the ten minutes before, in stretches as long as the range that end at multiples of its
    /// length, as far as they are in the window and before the group became slow.
    package func growth(
        _ population: Population, from: Int64, to: Int64, _ question: GrowthQuestion, _ usual: inout UsualGrowths
    ) -> [Growths?] {
        guard from < to else { return Array(repeating: nil, count: question.groupCount) }
        let length = to - from
        let end = from - from % length
        let comparison = Comparison(
            interval: from..<to, baseline: end.subtractingSaturating(Self.culpritBaseline)..<end)
        let groups = question.groups { $0?.subtractingSaturating(length) ?? .max }
        let learned = usual.of(groups, population, comparison, in: self)
        var now = groups.map { _ in RelativeDurations(keepsDurations: false) }
        let series = GroupedSeries(groups)
        for slot in slots where from <= slot.start && slot.end <= to {
            series.forEachCells(of: slot, population) { group, number, cells in
                now[group].add(cells, usual: learned[group].durations.code(of: number))
            }
            for group in now.indices { now[group].endPart() }
        }
        // Many groups are many tests: a normal deviation that is exceeded as rarely by any of them.
        let sure = (Self.sure * Self.sure + 2 * Double(groups.count).logarithm).squareRoot()
        return zip(now, learned).map { now, usual in
            let growth = Growth(now, usual.baseline)
            return growth.isCompared ? Growths(growth, sure: sure) : nil
        }
    }

    private static let sure = 4.0
}

extension GrowthQuestion {
    /// - Parameter learnsUntil: until when durations of a group tell what is usual, Unix nanoseconds, by since when it is slow.
    fileprivate func groups(_ learnsUntil: (Int64?) -> Int64) -> [GrowthGroup] {
        var series = [[Int32]](repeating: [], count: groupCount)
        for (index, group) in groupOfSeries.enumerated() where group >= 0 {
            series[Int(group)].append(Int32(clamping: index))
        }
        return zip(series, since).map { GrowthGroup(series: $0, learnsUntil: learnsUntil($1)) }
    }
}

/// Which group each series belongs to.
struct GroupedSeries {
    /// By series: its group and its number in it; a negative group for others.
    private let places: [(group: Int32, number: Int32)]

    init(_ groups: [GrowthGroup]) {
        let last = groups.reduce(-1) { max($0, $1.series.last ?? -1) }
        var places = [(group: Int32, number: Int32)](repeating: (-1, 0), count: Int(last) + 1)
        for (group, members) in groups.enumerated() {
            for (number, series) in members.series.enumerated() {
                places[Int(series)] = (Int32(clamping: group), Int32(clamping: number))
            }
        }
        self.places = places
    }

    /// Calls `body` with durations in a slot, by group and number of the series in it.
    @inline(__always)
    func forEachCells(
        of slot: SlotView, _ population: Population,
        _ body: (_ group: Int, _ number: Int, _ cells: Span<SeriesCounts.Cell>) -> Void
    ) {
        slot.forEachCells(of: population, where: { $0 < places.count && places[$0].group >= 0 }) { series, cells in
            body(Int(places[series].group), Int(places[series].number), cells)
        }
    }
}

extension Double {
    /// The natural logarithm of a number of at least 1, within a few hundredths.
    fileprivate var logarithm: Double { LatencyBucket.binaryLogarithm(self) * 0.693_147 }
}
