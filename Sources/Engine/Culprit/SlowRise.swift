import Support

// A rise so slow that no minute stands out from the previous one.
extension WindowView {
    /// Since when some series have taken longer than in the hours that the view remembers, Unix nanoseconds: from then
    /// to the end of the view, every five minutes exceeded the variation from hour to hour. nil if they don't now.
    func riseBeyondHours(of series: [Int32], _ population: Population) -> Int64? {
        var isWanted = [Bool](repeating: false, count: seriesCount(population))
        for number in series where isWanted.indices.contains(Int(number)) { isWanted[Int(number)] = true }
        var usual = UsualDurations()
        for hour in remembered {
            hour.forEachCells(of: population, where: { isWanted[$0] }) { usual.learn($1, series: $0) }
        }
        usual.learned()
        func median(_ slots: [SlotView]) -> Double? {
            var durations = RelativeDurations(keepsDurations: false)
            for slot in slots {
                slot.forEachCells(of: population, where: { isWanted[$0] }) { number, cells in
                    durations.add(cells, usual: usual.code(of: number))
                }
            }
            return durations.count >= Self.durationsMin ? durations.statistics[.median] : nil
        }
        guard let bound = Self.bound(remembered.compactMap { median([$0]) }) else { return nil }
        var begun: Int64?
        for (start, slots) in slots.byFiveMinutes.reversed() {
            guard let value = median(slots) else { continue }
            guard value > bound else { break }
            begun = start
        }
        return begun
    }

    /// The most that a healthy median reaches, as a binary logarithm; nil without any.
    private static func bound(_ medians: [Double]) -> Double? {
        guard !medians.isEmpty else { return nil }
        let usual = medians.sorted()[medians.count / 2]
        let variance = medians.reduce(0) { $0 + ($1 - usual) * ($1 - usual) } / Double(medians.count)
        return usual + max(riseMin, 2 * variance.squareRoot())
    }

    private static let durationsMin = 10
    /// A quarter longer.
    private static let riseMin = 0.322
}

extension [SlotView] {
    /// The slots of every five minutes, with the start of the first one.
    fileprivate var byFiveMinutes: [(start: Int64, slots: [SlotView])] {
        Dictionary(grouping: self) { $0.start / 300_000_000_000 }.values.map { ($0[0].start, $0) }.sorted {
            $0.0 < $1.0
        }
    }
}
