import Testing
import TestSupport

@testable import Engine

@Suite struct `A block of the history` {
    private struct Naive: Equatable {
        var errors = 0
        var sum: UInt128 = 0
        var max: Int64 = 0
        var buckets: [UInt16: Int] = [:]
        var failed: [UInt16: Int] = [:]

        mutating func add(_ duration: Int64, isError: Bool) {
            errors += isError ? 1 : 0
            sum += UInt128(duration)
            max = Swift.max(max, duration)
            buckets[LatencyBucket.shared.code(duration), default: 0] += 1
            if isError { failed[LatencyBucket.shared.code(duration), default: 0] += 1 }
        }
    }

    private func read(_ block: HistoryBlock) -> [SeriesKey: Naive] {
        var series: [SeriesKey: Naive] = [:]
        var keys: [SeriesKey] = []
        block.forEachSeries { _ in
            true
        } body: { reading in
            keys.append(reading.key)
            series[reading.key] = Naive(
                errors: reading.errors, sum: reading.sum, max: reading.max,
                buckets: Dictionary(uniqueKeysWithValues: zip(reading.codes, reading.counts)),
                failed: Dictionary(uniqueKeysWithValues: zip(reading.failedCodes, reading.failedCounts)))
            #expect(reading.count == reading.counts.reduce(0, +))
            #expect(reading.codes == reading.codes.sorted())
        }
        #expect(keys == keys.sorted())
        return series
    }

    @Test(arguments: 0..<8) func `holds what was counted, also when blocks are merged`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tallies = [SeriesTally(), SeriesTally(), SeriesTally()]
        var parts: [[SeriesKey: Naive]] = [[:], [:], [:]]
        var all: [SeriesKey: Naive] = [:]
        let seriesMax = [1, 40, 5_000][Int(seed % 3)]
        for _ in 0..<1_500 {
            let population = Bool.random(using: &random) ? Population.spans : .requests
            let key = SeriesKey(population, Int.random(in: 0..<seriesMax, using: &random))
            let bits = Int64.random(in: 0...62, using: &random)
            let duration = Int64.random(in: 0...(1 << bits), using: &random)
            let isError = Int.random(in: 0..<10, using: &random) == 0
            let part = Int.random(in: 0..<3, using: &random)
            tallies[part].add(
                key, bucket: LatencyBucket.shared.code(duration), duration: duration, isError: isError)
            parts[part][key, default: Naive()].add(duration, isError: isError)
            all[key, default: Naive()].add(duration, isError: isError)
        }
        let blocks = tallies.map { HistoryBlock($0) }
        for (block, part) in zip(blocks, parts) { #expect(read(block) == part) }
        let merged = HistoryPeriod(merging: blocks)
        #expect(merged.blocks.map(read) == [all])
        #expect(HistoryPeriod(merging: blocks.reversed()).blocks == merged.blocks)
    }

    @Test func `sums more than fits 64 bits`() {
        var tally = SeriesTally()
        let key = SeriesKey(.requests, 65_533)
        let code = LatencyBucket.shared.code(.max)
        for _ in 0..<1_000 { tally.add(key, bucket: code, duration: .max, isError: true) }
        tally.add(key, bucket: 0, duration: 0, isError: false)
        let naive = Naive(
            errors: 1_000, sum: 1_000 * UInt128(Int64.max), max: .max, buckets: [code: 1_000, 0: 1],
            failed: [code: 1_000])
        #expect(read(HistoryBlock(tally)) == [key: naive])
    }

    @Test func `a tally that is used again has forgotten everything`() {
        var tally = SeriesTally()
        for series in 0..<500 { tally.add(SeriesKey(.spans, series), bucket: 9, duration: 3, isError: true) }
        tally.removeAll()
        #expect(HistoryBlock(tally).bytes.isEmpty)
        tally.add(SeriesKey(.spans, 7), bucket: 9, duration: 3, isError: false)
        #expect(read(HistoryBlock(tally)) == [SeriesKey(.spans, 7): Naive(errors: 0, sum: 3, max: 3, buckets: [9: 1])])
    }

    @Test func `a period adds up however many blocks it was given`() {
        var period = HistoryPeriod()
        for number in 0..<1_000 {
            var tally = SeriesTally()
            tally.add(SeriesKey(.spans, number % 50), bucket: UInt16(number % 300), duration: 5, isError: false)
            period.add(HistoryBlock(tally))
            #expect(period.blocks.count <= 17)
        }
        period.seal()
        #expect(period.isSealed)
        let series = read(period.blocks[0])
        #expect(series.count == 50)
        #expect(series.values.allSatisfy { $0.sum == 100 && $0.buckets.values.reduce(0, +) == 20 })
    }
}
