/// Counts, for each series, the spans that failed or exceeded a threshold: the bad events of a service level objective.
/// Exact wherever the threshold lies in its latency bucket.
struct BadCounts: Sendable {
    /// Nanoseconds.
    let thresholds: [Int64]
    /// One count per series, for each threshold.
    private var counts: [[Int]]

    init(thresholds: [Int64]) {
        self.thresholds = thresholds
        counts = thresholds.map { _ in [] }
    }

    var byteCount: Int { counts.reduce(0) { $0 + $1.capacity * 8 } }

    mutating func extend(toSeries count: Int) {
        for index in counts.indices where counts[index].count < count {
            counts[index].append(contentsOf: repeatElement(0, count: count - counts[index].count))
        }
    }

    mutating func add(_ rows: borrowing MeasuredRows) { count(rows, step: 1) }

    /// Subtracts rows that were added before under the same series.
    mutating func remove(_ rows: borrowing MeasuredRows) { count(rows, step: -1) }

    private mutating func count(_ rows: borrowing MeasuredRows, step: Int) {
        guard let least = thresholds.min() else { return }
        // Hardly any span is bad whatever the threshold.
        let suspects = Self.suspects(rows, beyond: least)
        for index in thresholds.indices where !suspects.isEmpty {
            Self.count(suspects, rows, beyond: thresholds[index], step: step, in: &counts[index])
        }
    }

    /// Whether a summary has counts for all thresholds.
    func areKnown(by summary: SeriesCounts) -> Bool { thresholds.allSatisfy(summary.thresholds.contains) }

    /// Adds the counts of a summary, or subtracts them.
    ///
    /// - Parameters:
    ///   - indexOfSeries: the index of each series, or `SeriesScope.noSeries`.
    ///   - step: 1 or -1.
    mutating func count(_ summary: SeriesCounts, _ indexOfSeries: [UInt16], step: Int) {
        for index in thresholds.indices {
            guard let bad = summary.bad(thresholds[index]) else { continue }
            for (series, count) in zip(summary.series, bad) {
                let seriesIndex = indexOfSeries[series.number]
                if seriesIndex != SeriesScope.noSeries { counts[index][Int(seriesIndex)] += step * count }
            }
        }
    }

    func count(ofSeries seriesIndex: Int, threshold: Int) -> Int { counts[threshold][seriesIndex] }

    private struct Suspect: BitwiseCopyable {
        let seriesIndex: Int32
        let row: Int32
    }

    private static func suspects(_ rows: borrowing MeasuredRows, beyond threshold: Int64) -> [Suspect] {
        var suspects: [Suspect] = []
        rows.forEach { seriesIndex, row in
            guard isBad(rows, row, beyond: threshold) else { return }
            suspects.append(
                Suspect(seriesIndex: Int32(truncatingIfNeeded: seriesIndex), row: Int32(truncatingIfNeeded: row)))
        }
        return suspects
    }

    private static func count(
        _ suspects: [Suspect], _ rows: borrowing MeasuredRows, beyond threshold: Int64, step: Int,
        in counts: inout [Int]
    ) {
        let suspects = suspects.span
        var counts = counts.mutableSpan
        for index in suspects.indices {
            let isBad = isBad(rows, Int(suspects[index].row), beyond: threshold)
            counts[Int(suspects[index].seriesIndex)] &+= isBad ? step : 0
        }
    }

    @inline(__always)
    private static func isBad(_ rows: borrowing MeasuredRows, _ row: Int, beyond threshold: Int64) -> Bool {
        rows.durations[row] > threshold || rows.flags[row] & SpanFlags.error != 0
    }
}

extension BadCounts {
    /// Fills in the bad counts of the selections that ask for them, with a separate scan.
    static func fill(
        _ statistics: inout [[LatencyStatistics]], _ selections: [Selection], _ scope: SeriesScope, _ slots: [SlotView]
    ) {
        let thresholds = Set(selections.flatMap(\.thresholds)).sorted()
        guard !thresholds.isEmpty else { return }
        var counts = BadCounts(thresholds: thresholds)
        counts.extend(toSeries: scope.count)
        for slot in slots {
            if let (summary, rest) = scope.summarized(slot), counts.areKnown(by: summary) {
                counts.count(summary, scope.indexOfSeries, step: 1)
                scope.forEachBlock(of: [rest]) { counts.add($0) }
            } else {
                scope.forEachBlock(of: [slot]) { counts.add($0) }
            }
        }
        for (number, selection) in selections.enumerated() where !selection.thresholds.isEmpty {
            let known = selection.thresholds.map { wanted in thresholds.firstIndex { $0 == wanted } ?? 0 }
            for group in statistics[number].indices where statistics[number][group].count > 0 {
                statistics[number][group].bad = Array(repeating: 0, count: known.count)
            }
            for (group, seriesIndex) in zip(selection.groupOfSeries, scope.indexOfSeries) where group >= 0 {
                guard statistics[number][Int(group)].count > 0 else { continue }
                for (index, threshold) in known.enumerated() {
                    statistics[number][Int(group)].bad[index] += counts.count(
                        ofSeries: Int(seriesIndex), threshold: threshold)
                }
            }
        }
    }
}
