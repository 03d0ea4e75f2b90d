import Engine
import Support

extension ErrorGrowth {
    /// How many times as often as usual each group of a selection fails in [from, to), in Unix nanoseconds; nil if there is
    /// too little to compare. What is usual comes from the ten minutes before, as far as they are in the window.
    ///
    /// - Parameters:
    ///   - since: by group, when its alert became active; what came after doesn't show what is usual.
    ///   - groups: by group, how many there are of its cluster, those included that nothing is asked about.
    static func measure(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection, since: [Int64?], groups: [Int],
        over source: some MeasurementSource
    ) -> [Double?] {
        let sums = Selection(
            groupOfSeries: selection.groupOfSeries, groupCount: selection.groupCount, quantiles: [], wantsMax: false,
            instances: selection.instances)
        func counts(_ from: Int64, _ to: Int64) -> [Counts] {
            source.measure(population, from: from, to: to, [sums])[0].map { Counts($0) }
        }
        let length = to.subtractingSaturating(from)
        let ends = since.map { min($0?.subtractingSaturating(length) ?? from, from) }
        let before = Dictionary(
            uniqueKeysWithValues: Set(ends).map { ($0, counts($0.subtractingSaturating(reach), $0)) })
        let slots = stride(from: from, to: to, by: Int(Window.slotWidth)).map { start in
            counts(start, min(start.addingSaturating(Window.slotWidth), to))
        }
        return ends.indices.map { group in
            times(slots.map { $0[group] }, before: before[ends[group]]?[group] ?? Counts(), groups: groups[group])
        }
    }

    private static let reach = WindowView.culpritBaseline
}
