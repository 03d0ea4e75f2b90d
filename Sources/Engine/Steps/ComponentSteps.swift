/// Where the time of requests went in one step. Durations in nanoseconds.
package struct ComponentStep: Sendable {
    package var count = 0
    package var errors = 0
    package var sum: Int128 = 0
    /// By component number.
    package var parts = [Int128](repeating: 0, count: ComponentTable.countMax)
    /// False if requests of this step have left the window, or never had room in it.
    package var isExact = true
}

extension WindowView {
    /// The requests of each step by component. Requires an attributed view.
    ///
    /// Beyond the window, steps of whole minutes come from the history; shorter ones lack what has left the window.
    /// - Parameter isWanted: by request number.
    package func componentSteps(_ grid: StepGrid, isWanted: [Bool]) -> [ComponentStep] {
        var steps = ComponentSteps(grid, requests: scope(.requests, isWanted), parts: partScope(isWanted))
        for index in 0..<grid.count where isBeyond(grid.bounds(index)) {
            steps.add(grid.isOfWholeMinutes ? history(grid.bounds(index), isWanted) : nil, at: index)
        }
        for slot in slots {
            for index in grid.steps(of: slot) where !steps.hasHistory[index] { steps.add(slot, at: index) }
        }
        return steps.steps
    }

    private func scope(_ population: Population, _ isWanted: [Bool]) -> SeriesScope {
        SeriesScope(population, range: TimeRange(from: 0, to: 0), isWanted: isWanted)
    }

    /// One index for each component.
    private func partScope(_ isWanted: [Bool]) -> SeriesScope {
        SeriesScope(
            partsIn: TimeRange(from: 0, to: 0), groups: 0..<ComponentTable.countMax, groupOfSeries: partGroups(isWanted)
        )
    }

    private func partGroups(_ isWanted: [Bool]) -> [Int32] {
        (0..<seriesCount(.parts)).map { series in
            isWanted[series / ComponentTable.countMax] ? Int32(series % ComponentTable.countMax) : -1
        }
    }

    /// A step of which the window has lost something.
    private func history(_ bounds: Range<Int64>, _ isWanted: [Bool]) -> ComponentStep {
        let all = Selection(groupOfSeries: isWanted.map { $0 ? 0 : -1 }, groupCount: 1, quantiles: [])
        let each = Selection(
            groupOfSeries: partGroups(isWanted), groupCount: ComponentTable.countMax, quantiles: [])
        let requests = measure(.requests, from: bounds.lowerBound, to: bounds.upperBound, [all])[0][0]
        let parts = measure(.parts, from: bounds.lowerBound, to: bounds.upperBound, [each])[0]
        return ComponentStep(
            count: requests.count, errors: requests.errors, sum: requests.sum, parts: parts.map(\.sum), isExact: false)
    }
}

/// Adds up slots by step.
private struct ComponentSteps {
    private let grid: StepGrid
    private var requests: SeriesScope
    private var parts: SeriesScope
    private(set) var steps: [ComponentStep]
    private(set) var hasHistory: [Bool]

    init(_ grid: StepGrid, requests: SeriesScope, parts: SeriesScope) {
        self.grid = grid
        self.requests = requests
        self.parts = parts
        steps = Array(repeating: ComponentStep(), count: grid.count)
        hasHistory = Array(repeating: false, count: grid.count)
    }

    /// - Parameter step: from the history; nil if that has nothing for steps of this length.
    mutating func add(_ step: ComponentStep?, at index: Int) {
        steps[index] = step ?? ComponentStep(isExact: false)
        hasHistory[index] = step != nil
    }

    mutating func add(_ slot: SlotView, at index: Int) {
        let bounds = grid.bounds(index)
        requests.range = TimeRange(from: bounds.lowerBound, to: bounds.upperBound)
        parts.range = requests.range
        var rest = SlotRows(slot)
        if let (counts, unknown) = requests.summarized(slot) {
            for series in counts.series where requests.indexOfSeries[series.number] != SeriesScope.noSeries {
                steps[index].add(series.tally)
            }
            rest = unknown
        }
        steps[index].add(rest, requests)
        if slot.overflow > 0 { steps[index].isExact = false }
        if let (counts, _) = parts.summarized(slot) {
            for series in counts.series where parts.indexOfSummarized[series.number] != SeriesScope.noSeries {
                steps[index].parts[Int(parts.indexOfSummarized[series.number])] += series.tally.sum
            }
        } else {
            steps[index].addParts(slot, parts)
        }
    }
}

extension ComponentStep {
    fileprivate mutating func add(_ tally: LatencyTally) {
        count += tally.count
        errors += tally.errors
        sum += tally.sum
    }

    fileprivate mutating func add(_ rows: SlotRows, _ scope: SeriesScope) {
        var tally = LatencyTally()
        scope.forEachBlock(of: [rows]) { rows in
            rows.forEach { _, row in
                tally.count &+= 1
                tally.errors &+= Int(rows.flags[row] & SpanFlags.error)
                tally.sum &+= Int128(rows.durations[row])
            }
        }
        add(tally)
    }

    fileprivate mutating func addParts(_ slot: SlotView, _ scope: SeriesScope) {
        var sums = parts
        scope.forEachBlock(of: [slot]) { rows in
            rows.forEach { component, row in sums[component] += Int128(rows.durations[row]) }
        }
        parts = sums
    }
}
