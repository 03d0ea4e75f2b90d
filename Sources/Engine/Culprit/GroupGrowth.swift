import Support

/// Asks how much longer than usual spans or requests take, by group of series.
package struct GrowthQuestion: Equatable, Sendable {
    package struct Group: Equatable, Sendable {
        /// Ascending.
        let series: [Int32]
        /// Since when it has been slow, Unix nanoseconds; nil if it isn't. A fault doesn't show what is usual.
        let since: Int64?

        package init(series: [Int32], since: Int64?) {
            self.series = series
            self.since = since
        }
    }

    package let groups: [Group]

    package init(_ groups: [Group]) {
        self.groups = groups
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

extension WindowView {
    /// How many times as long as usual what ended in some ranges takes, by group of each question; nil if there is too little
    /// to compare.
    ///
    /// What is usual comes from the ten minutes before, or before the group became slow, in stretches as long as the range
    /// that end at multiples of its length, as far as they are in the window.
    ///
    /// - Parameter usesCores: whether ranges may be compared on several cores at once.
    package func growths(
        _ asked: [(range: GrowthRange, questions: [GrowthQuestion])], _ usual: inout UsualGrowths,
        usesCores: Bool = false
    ) -> [[[Growths?]]] {
        if let latest = asked.map(\.range.range.upperBound).max() { usual.removeForgotten(at: latest) }
        var view = self
        if asked.contains(where: { $0.range.population == .requests }) { usual.openRequests.attach(to: &view) }
        return view.compared(asked, &usual, usesCores: usesCores)
    }

    private func compared(
        _ asked: [(range: GrowthRange, questions: [GrowthQuestion])], _ usual: inout UsualGrowths, usesCores: Bool
    ) -> [[[Growths?]]] {
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
        guard length > 0 else { return questions.map { $0.groups.map { _ in nil } } }
        let asked = AskedGroups(questions, length: length)
        let groups = asked.groups
        let learned = usual.of(groups, before: asking, in: self)
        var now = groups.map { _ in RelativeDurations(keepsDurations: false) }
        let series = GroupedSeries(groups)
        for slot in slots.within(range) where range.lowerBound <= slot.start {
            series.forEachCells(of: slot, asking.population) { group, number, cells in
                now[group].add(cells, usual: learned[group].durations.code(of: number))
            }
            for group in now.indices { now[group].endPart() }
        }
        let statistics = now.map(\.statistics)
        let clusters = groups.map { cluster(ofSeries: $0.series.first, asking.population) }
        return asked.numbers.map { numbers in
            let counts = Dictionary(numbers.map { (clusters[$0], 1) }, uniquingKeysWith: +)
            return numbers.map { number in
                let ratio = sampling.isSampled ? sampling.leastRatio(cluster: clusters[number]) : 1
                return Growths(
                    statistics[number], learned[number].baseline, sampled: ratio,
                    groups: counts[clusters[number], default: 1])
            }
        }
    }

    /// The name of a group's cluster, by its first series; rules never mix clusters.
    func cluster(ofSeries series: Int32?, _ population: Population) -> String {
        guard let series = series.map(Int.init) else { return "" }
        return switch population {
        case .spans, .selfTimes: operations[series].cluster
        case .requests: requests[series].cluster
        case .parts: requests[series / ComponentTable.countMax].cluster
        }
    }
}

/// The different groups of some questions about a range.
private struct AskedGroups {
    private(set) var groups: [GrowthGroup] = []
    /// By question: the number of each of its groups.
    private(set) var numbers: [[Int]] = []

    /// - Parameter length: of the range, nanoseconds. Durations that long before a group became slow don't show what is usual.
    init(_ questions: [GrowthQuestion], length: Int64) {
        var known: [GrowthGroup: Int] = [:]
        for question in questions {
            numbers.append(
                question.groups.map { asked in
                    let group = GrowthGroup(
                        series: asked.series, learnsUntil: asked.since?.subtractingSaturating(length) ?? .max)
                    if let number = known[group] { return number }
                    known[group] = groups.count
                    groups.append(group)
                    return groups.count - 1
                })
        }
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
        let (first, memberships) = (first.span, memberships.span)
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
