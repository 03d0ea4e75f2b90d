import Support

/// Asks how much longer than usual spans or requests take, by group of series.
package struct GrowthQuestion: Equatable, Sendable {
    /// The group of each series; -1 for none.
    let groupOfSeries: [Int32]
    /// By group: since when it has been slow, Unix nanoseconds; nil if it isn't. A fault doesn't show what is usual.
    let since: [Int64?]

    package var groupCount: Int { since.count }

    package init(groupOfSeries: [Int32], since: [Int64?]) {
        self.groupOfSeries = groupOfSeries
        self.since = since
    }
}

/// The range that questions are about.
package struct GrowthRange: Hashable, Sendable {
    let population: Population
    /// Unix nanoseconds.
    let range: Range<Int64>
    /// From its end to the evaluation, nanoseconds.
    let offset: Int64

    package init(_ population: Population, _ range: Range<Int64>, offset: Int64) {
        self.population = population
        self.range = range
        self.offset = offset
    }

    var length: Int64 { range.upperBound - range.lowerBound }
}

/// How many times as long as usual something takes: the ratio of each statistic to the usual one, of durations relative
/// to their series. 1 unless it grew beyond normal variation.
package struct Growths: Sendable {
    private let times: [Double]

    init(_ growth: Growth, sure: Double) {
        times = GrowthStatistic.allCases.map { statistic in
            guard growth.count >= statistic.countMin, let change = growth[statistic] else { return 1 }
            return change.deviations >= sure ? change.times : min(change.times, 1)
        }
    }

    package subscript(_ statistic: GrowthStatistic) -> Double { times[statistic.rawValue] }
}

extension WindowView {
    /// How many times as long as usual what ended in some ranges takes, by group of each question; nil if there is too little
    /// to compare.
    ///
    /// What is usual comes from the ten minutes before, in stretches as long as the range that end at multiples of its
    /// length, if they are in the window and before the group became slow.
    ///
    /// - Parameter usesCores: whether ranges may be compared on several cores at once.
    package func growths(
        _ asked: [(range: GrowthRange, questions: [GrowthQuestion])], _ usual: inout UsualGrowths,
        usesCores: Bool = false
    ) -> [[[Growths?]]] {
        for (range, _) in asked { usual.removeForgotten(at: range.range.upperBound) }
        guard usesCores, asked.count > 1 else {
            return asked.map { range, questions in
                var known = usual.take(range)
                defer { usual.put(known, before: range) }
                return growth(range, questions, &known)
            }
        }
        let known = asked.map { usual.take($0.range) }
        let answers = sideBySide(asked.count) { index in
            var known = known[index]
            let growths = growth(asked[index].range, asked[index].questions, &known)
            return (growths: growths, known: known)
        }
        for (answer, (range, _)) in zip(answers, asked) { usual.put(answer.known, before: range) }
        return answers.map(\.growths)
    }

    private func growth(
        _ asking: GrowthRange, _ questions: [GrowthQuestion], _ usual: inout UsualGrowthsOfRange
    ) -> [[Growths?]] {
        let (range, length) = (asking.range, asking.length)
        guard length > 0 else { return questions.map { Array(repeating: nil, count: $0.groupCount) } }
        let asked = questions.map { $0.groups { $0?.subtractingSaturating(length) ?? .max } }
        let groups = Array(Set(asked.joined()))
        let learned = usual.of(groups, before: asking, in: self)
        var now = groups.map { _ in RelativeDurations(keepsDurations: false) }
        let series = GroupedSeries(groups)
        for slot in slots where range.lowerBound <= slot.start && slot.end <= range.upperBound {
            series.forEachCells(of: slot, asking.population) { group, number, cells in
                now[group].add(cells, usual: learned[group].durations.code(of: number))
            }
            for group in now.indices { now[group].endPart() }
        }
        let growths = groups.indices.map { group in
            let ratio = samplingRatio(ofSeries: groups[group].series.first, asking.population)
            return Growth(now[group], learned[group].baseline, sampled: ratio)
        }
        let growthOfGroup = Dictionary(zip(groups, growths)) { first, _ in first }
        return asked.map { asked in
            // Many groups are many tests, so the deviation is one that any of them exceeds as rarely.
            let sure = (Self.sure * Self.sure + 2 * Double(asked.count).logarithm).squareRoot()
            return asked.map { group in
                growthOfGroup[group].flatMap { $0.isCompared ? Growths($0, sure: sure) : nil }
            }
        }
    }

    private static let sure = 4.0

    /// The sampling ratio of the traces of a group's cluster; rules never mix clusters.
    private func samplingRatio(ofSeries series: Int32?, _ population: Population) -> Double {
        guard sampling.isSampled, let series = series.map(Int.init) else { return 1 }
        switch population {
        case .spans, .selfTimes: return sampling.leastRatio(cluster: operations[series].cluster)
        case .requests: return sampling.leastRatio(cluster: requests[series].cluster)
        case .parts: return sampling.leastRatio(cluster: requests[series / ComponentTable.countMax].cluster)
        }
    }
}

extension GrowthQuestion {
    /// - Parameter learnsUntil: until when durations of a group show what is usual, Unix nanoseconds, by since when it is slow.
    fileprivate func groups(_ learnsUntil: (Int64?) -> Int64) -> [GrowthGroup] {
        var series = [[Int32]](repeating: [], count: groupCount)
        for (index, group) in groupOfSeries.enumerated() where group >= 0 {
            series[Int(group)].append(Int32(clamping: index))
        }
        return zip(series, since).map { GrowthGroup(series: $0, learnsUntil: learnsUntil($1)) }
    }
}

/// Which groups each series belongs to.
struct GroupedSeries {
    private struct Membership {
        let group: Int
        /// Of the series, within the group.
        let number: Int
        /// Of the next membership of the same series, or -1.
        let next: Int32
    }

    private var memberships: [Membership] = []
    /// By series; -1 for those that are in no group.
    private var first: [Int32]

    init(_ groups: [GrowthGroup]) {
        let last = groups.reduce(-1) { max($0, $1.series.last ?? -1) }
        first = Array(repeating: -1, count: Int(last) + 1)
        for (group, members) in groups.enumerated() {
            for (number, series) in members.series.enumerated() {
                memberships.append(Membership(group: group, number: number, next: first[Int(series)]))
                first[Int(series)] = Int32(clamping: memberships.count - 1)
            }
        }
    }

    /// Calls `body` with durations in a slot, by group and number of the series in it.
    @inline(__always)
    func forEachCells(
        of slot: SlotView, _ population: Population,
        _ body: (_ group: Int, _ number: Int, _ cells: Span<SeriesCounts.Cell>) -> Void
    ) {
        slot.forEachCells(of: population, where: { $0 < first.count && first[$0] >= 0 }) { series, cells in
            var next = first[series]
            while next >= 0 {
                let membership = memberships[Int(next)]
                body(membership.group, membership.number, cells)
                next = membership.next
            }
        }
    }
}

extension Double {
    /// The natural logarithm of a number of at least 1, within a few hundredths.
    fileprivate var logarithm: Double { LatencyBucket.binaryLogarithm(self) * 0.693_147 }
}
