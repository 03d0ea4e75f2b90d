import Support

/// A time after which more spans fail than before.
enum FailureOnset {
    /// Spans that ended in a slot.
    struct Outcomes {
        /// Of the slot, Unix nanoseconds.
        var start: Int64
        var count = 0
        var failed = 0

        mutating func add(_ count: Int, failed: Int) {
            self.count += count
            self.failed += failed
        }

        /// The binary logarithm of the likelihood of so many failures, if each span fails with the same probability.
        fileprivate var likelihood: Double {
            [failed, count - failed].reduce(0) { sum, part in
                part == 0 ? sum : sum + Double(part) * LatencyBucket.binaryLogarithm(Double(part) / Double(count))
            }
        }

        fileprivate var ratio: Double { count > 0 ? Double(failed) / Double(count) : 0 }
    }

    /// The start of the slot after which failures are most clearly more frequent; nil if they aren't.
    ///
    /// - Parameter slots: in order of time.
    static func first(in slots: [Outcomes]) -> Int64? {
        var later = Outcomes(start: 0)
        for slot in slots { later.add(slot.count, failed: slot.failed) }
        let constant = later.likelihood
        var earlier = Outcomes(start: 0)
        var best: (start: Int64, gain: Double)?
        for slot in slots {
            if earlier.count > 0, later.ratio >= timesMin * earlier.ratio {
                let gain = earlier.likelihood + later.likelihood - constant
                if gain > best?.gain ?? sure { best = (slot.start, gain) }
            }
            earlier.add(slot.count, failed: slot.failed)
            later.add(-slot.count, failed: -slot.failed)
        }
        return best?.start
    }

    private static let timesMin = 2.0
    /// A change must be likelier than none by two to this power.
    private static let sure = 12.0
}

extension WindowView {
    /// When some series began to fail more often than before, Unix nanoseconds; nil if they didn't.
    func onsetOfFailures(of series: [Int32], _ population: Population, in comparison: Comparison) -> Int64? {
        var isWanted = [Bool](repeating: false, count: Int(series.max() ?? -1) + 1)
        for number in series where number >= 0 { isWanted[Int(number)] = true }
        let outcomes = slotsWithRemembered.filter { comparison.isHeld($0) }.map { slot in
            slot.outcomes(of: population) { $0 < isWanted.count && isWanted[$0] }
        }
        return FailureOnset.first(in: outcomes)
    }
}

extension SlotView {
    /// How many spans of the wanted series failed.
    fileprivate func outcomes(
        of population: Population, where isWanted: (_ series: Int) -> Bool
    ) -> FailureOnset.Outcomes {
        var outcomes = FailureOnset.Outcomes(start: start)
        var rest = SlotRows(self)
        if let (counts, unknown) = rest.summarized(population) {
            for series in counts.series where isWanted(series.number) {
                outcomes.add(series.tally.count, failed: series.tally.errors)
            }
            rest = unknown
        }
        rest.forEachBlock { columns, _, rows in
            for row in rows {
                let flags = SpanFlags(rawValue: columns.flags[row])
                let series = population.series(
                    operation: columns.operation[row], request: columns.request[row], flags: flags)
                if let series, isWanted(series) { outcomes.add(1, failed: flags.isError ? 1 : 0) }
            }
        }
        return outcomes
    }
}
