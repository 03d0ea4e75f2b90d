import Support

extension HistoryBlock {
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
        self.init(
            thresholds: [], series: readings.count, cells: readings.reduce(0) { $0 + $1.1.codes.count },
            failedCells: readings.reduce(0) { $0 + $1.1.failedCodes.count })
        for (number, reading) in readings {
            var tally = LatencyTally()
            (tally.count, tally.errors, tally.sum) = (reading.count, reading.errors, Int128(reading.sum))
            append(number, tally, max: reading.max)
            for (code, count) in zip(reading.codes, reading.counts) {
                append(Cell(code: code, count: UInt32(clamping: count)))
            }
            for (code, count) in zip(reading.failedCodes, reading.failedCounts) {
                append(failed: Cell(code: code, count: UInt32(clamping: count)))
            }
        }
    }
}
