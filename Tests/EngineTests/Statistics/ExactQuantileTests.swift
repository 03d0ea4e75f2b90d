import Engine
import Testing
import TestSupport

/// 2026-01-01T00:00:00Z
private let base: Int64 = 1_767_225_600 * second

@Suite struct `Exact statistics` {
    private struct Sample {
        var series: Int
        var end: Int64
        var duration: Int64
        var isError: Bool
    }

    private static let quantiles = [1.0, 0.5, 0.0, 0.99]

    /// - Parameter summarized: how many of the samples are there when slots are summarized; the others come late.
    private func view(of samples: [Sample], summarized: Int = 0) -> WindowView {
        var window = Window(limits: WindowLimits(duration: nil, bytesMax: 1 << 30))
        var summarizer = SlotSummarizer(rowsMin: 1)
        for (number, samples) in [samples.prefix(summarized), samples.dropFirst(summarized)].enumerated() {
            var builder = BatchBuilder()
            for sample in samples {
                builder.add(
                    operation: "\(sample.series)", end: sample.end, duration: sample.duration, isError: sample.isError,
                    id: UInt64(builder.batch.count * 2 + number + 1))
            }
            _ = window.append(builder.batch, arrival: base + 100 * second, evaluatedUpTo: .min)
            var view = window.view()
            guard number == 0 else { break }
            for summaries in summarizer.summarize(&view, upTo: .max, thresholds: []) { window.attach(summaries) }
        }
        return window.view()
    }

    private func expectEqual(_ measured: LatencyStatistics, _ samples: [Sample]) {
        var naive = NaiveStatistics()
        for sample in samples { naive.add(sample.duration, isError: sample.isError) }
        #expect(measured.count == naive.count)
        #expect(measured.errors == naive.errors)
        #expect(measured.sum == naive.sum)
        #expect(measured.max == naive.max)
        #expect(measured.quantiles == (naive.count == 0 ? [] : Self.quantiles.map { naive.quantile($0) }))
    }

    private func duration(_ random: inout SeededGenerator) -> Int64 {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: 0
        case 1: .max
        case 2: Int64.random(in: 0...Int64.max, using: &random)
        default: Int64.random(in: 0..<1 << Int64.random(in: 1...30, using: &random), using: &random)
        }
    }

    /// Some series are requested alone, some together, some twice, some not at all.
    private func expectExact(_ samples: [Sample], seriesCount: Int, _ random: inout SeededGenerator) {
        let view = view(of: samples, summarized: Int.random(in: 0...samples.count, using: &random))
        for share in [0.02, 0.5, 1.0] {
            let groupCount = Int.random(in: 1...seriesCount, using: &random)
            let groups = (0..<2).map { _ in
                (0..<seriesCount).map { _ in
                    Double.random(in: 0..<1, using: &random) < share
                        ? Int32.random(in: 0..<Int32(groupCount), using: &random) : -1
                }
            }
            let selections = groups.map { groups in
                let series: [Int32] = view.operations.map { Int($0.operation).map { groups[$0] } ?? -1 }
                return Selection(groupOfSeries: series, groupCount: groupCount, quantiles: Self.quantiles)
            }
            let from = base + Int64.random(in: -second..<15 * second, using: &random)
            for range in [.min..<Int64.max, from..<from + Int64.random(in: 1..<15 * second, using: &random)] {
                let measured = view.measure(.spans, from: range.lowerBound, to: range.upperBound, selections)
                for (groups, statistics) in zip(groups, measured) {
                    for group in 0..<groupCount {
                        let wanted = samples.filter { range.contains($0.end) && groups[$0.series] == Int32(group) }
                        expectEqual(statistics[group], wanted)
                    }
                }
            }
        }
    }

    @Test(arguments: 0..<4) func `are those of a naive count, with few series and many`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for seriesCount in [1, 3, 40] {
            let samples = (0..<6_000).map { _ in
                Sample(
                    series: Int.random(in: 0..<seriesCount, using: &random),
                    end: base + Int64.random(in: 0..<20 * second, using: &random), duration: duration(&random),
                    isError: Int.random(in: 0..<10, using: &random) == 0)
            }
            expectExact(samples, seriesCount: seriesCount, &random)
        }
    }

    @Test func `are those of a naive count where each series has only a span or two`() {
        var random = SeededGenerator(seed: 99)
        let samples = (0..<400).map { number in
            Sample(
                series: number % 300, end: base + Int64(number) * 40_000_000, duration: duration(&random),
                isError: number % 7 == 0)
        }
        expectExact(samples, seriesCount: 300, &random)
    }

    @Test func `count more equal durations than fit in two bytes`() {
        var samples: [Sample] = []
        for number in 0..<150_000 {
            let series = number % 200 == 0 ? 1 : 0
            let duration: Int64 = number % 100 == 0 ? 9_000 : 7_000
            samples.append(
                Sample(series: series, end: base + Int64(number), duration: duration, isError: number % 3 == 0))
        }
        let view = view(of: samples)
        let series: [Int32] = view.operations.map { Int32($0.operation) ?? -1 }
        let each = Selection(groupOfSeries: series, groupCount: 2, quantiles: Self.quantiles)
        let all = Selection(groupOfSeries: series.map { _ in 0 }, groupCount: 1, quantiles: Self.quantiles)
        let measured = view.measure(.spans, from: .min, to: .max, [each, all])
        for series in 0..<2 { expectEqual(measured[0][series], samples.filter { $0.series == series }) }
        expectEqual(measured[1][0], samples)
    }

    @Test(arguments: [Int64.max, 1 << 56, 1 << 53, 1 << 50])
    func `sum durations beyond 64 bits`(duration: Int64) {
        let samples = (0..<30_001).map { number in
            Sample(series: number % 2, end: base + Int64(number), duration: duration, isError: true)
        }
        let rows = view(of: samples).operationSummaries()
        #expect(rows.map(\.sum) == [15_001 * Int128(duration), 15_000 * Int128(duration)])
        #expect(rows.map(\.errors) == [15_001, 15_000])
        #expect(rows.map(\.p50) == [duration, duration])
    }

    @Test func `of requests leave out spans that are not requests`() {
        var window = Window(limits: WindowLimits(duration: nil, bytesMax: 1 << 30))
        var builder = BatchBuilder()
        for number in 0..<3_000 {
            let time = base + Int64(number) * 3_000_000
            builder.addRequest(
                method: "GET", target: "/api/v1/pods", end: time, duration: Int64(number), isError: number % 5 == 0)
            builder.add(end: time, duration: 1_000_000, isError: true)
            builder.addRequest(method: "GET", target: "/api/v1/pods?watch=true", end: time, duration: 600 * second)
            builder.addRequest(method: "POST", target: "/api/v1/namespaces/a/pods", end: time, duration: 77)
        }
        _ = window.append(builder.batch, arrival: base + 100 * second, evaluatedUpTo: .min)
        let view = window.view()
        let lists = Selection(
            groupOfSeries: view.requests.map { $0.verb == "list" ? 0 : -1 }, groupCount: 1, quantiles: Self.quantiles)
        // The range cuts the slots at its ends: rows 1,000 to 1,999.
        let measured = view.measure(.requests, from: base + 3 * second, to: base + 6 * second, [lists])
        expectEqual(
            measured[0][0],
            (1_000..<2_000).map { Sample(series: 0, end: 0, duration: Int64($0), isError: $0 % 5 == 0) })
    }
}
