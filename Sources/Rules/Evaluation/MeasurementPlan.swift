import Engine

/// What one evaluation measures: rules that look at the same population over the same range share a scan of the
/// window, and those that also group alike share its result.
struct MeasurementPlan {
    struct Range: Hashable {
        var population: Population
        var from: Int64
        var to: Int64
    }

    /// Where a rule finds what it asked for.
    struct Ticket {
        var range: Int
        var selection: Int
    }

    private struct Scan {
        var range: Range
        var groupings: [Int] = []
        var fractions: [Set<Double>] = []
    }

    private var scans: [Scan] = []
    private var scanOfRange: [Range: Int] = [:]

    mutating func request(_ range: Range, grouping: Int, fractions: [Double]) -> Ticket {
        let scan = scanOfRange[range] ?? scans.count
        if scan == scans.count {
            scanOfRange[range] = scan
            scans.append(Scan(range: range))
        }
        let selection = scans[scan].groupings.firstIndex(of: grouping) ?? scans[scan].groupings.count
        if selection == scans[scan].groupings.count {
            scans[scan].groupings.append(grouping)
            scans[scan].fractions.append([])
        }
        scans[scan].fractions[selection].formUnion(fractions)
        return Ticket(range: scan, selection: selection)
    }

    /// Measures everything requested, one call for each range.
    func measure(_ groupings: [SeriesGrouping], over source: some MeasurementSource) -> Measurements {
        var measurements = Measurements()
        for scan in scans {
            let fractions = scan.fractions.map { $0.sorted() }
            let selections = zip(scan.groupings, fractions).map { number, fractions in
                Selection(
                    groupOfSeries: groupings[number].groupOfSeries,
                    groupCount: groupings[number].values.count,
                    quantiles: fractions)
            }
            measurements.fractions.append(fractions)
            measurements.statistics.append(
                source.measure(scan.range.population, from: scan.range.from, to: scan.range.to, selections))
        }
        return measurements
    }
}

/// What a plan's measuring gave, by range and selection.
struct Measurements {
    fileprivate var fractions: [[[Double]]] = []
    fileprivate var statistics: [[[LatencyStatistics]]] = []

    func fractions(_ ticket: MeasurementPlan.Ticket) -> [Double] {
        fractions[ticket.range][ticket.selection]
    }

    func statistics(_ ticket: MeasurementPlan.Ticket, group: Int) -> LatencyStatistics {
        statistics[ticket.range][ticket.selection][group]
    }
}
