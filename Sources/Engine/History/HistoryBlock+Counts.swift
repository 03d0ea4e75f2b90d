import Support

extension HistoryBlock {
    var spanCount: Int {
        var count = 0
        forEachSeries {
            $0.population == Population.spans.rawValue
        } body: {
            count += $0.count
        }
        return count
    }

    /// The counts of the series of a population, as `SeriesKey` numbers it.
    ///
    /// - Parameter number: of a series; nil leaves it out.
    func counts(of population: UInt8, number: (SeriesKey) -> Int? = { $0.series }) -> SeriesCounts {
        var known: [(number: Int, SeriesReading)] = []
        forEachSeries {
            $0.population == population
        } body: { reading in
            if let number = number(reading.key) { known.append((number, reading)) }
        }
        return SeriesCounts(known.sorted { $0.number < $1.number })
    }
}

extension SeriesCounts {
    /// - Parameter readings: in order of number.
    fileprivate init(_ readings: [(number: Int, SeriesReading)]) {
        func cells(_ codes: [UInt16], _ counts: [Int]) -> [Cell] {
            zip(codes, counts).map { Cell(code: $0, count: UInt32(clamping: $1)) }
        }
        self.init(
            thresholds: [], series: readings.count, cells: readings.flatMap { cells($0.1.codes, $0.1.counts) },
            failedCells: readings.flatMap { cells($0.1.failedCodes, $0.1.failedCounts) })
        var (firstCell, firstFailed) = (0, 0)
        for (number, reading) in readings {
            var tally = LatencyTally()
            (tally.count, tally.errors, tally.sum) = (reading.count, reading.errors, Int128(reading.sum))
            append(number, tally, max: reading.max, firstCell: firstCell, firstFailed: firstFailed)
            firstCell += reading.codes.count
            firstFailed += reading.failedCodes.count
        }
    }
}
