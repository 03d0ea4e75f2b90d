import Engine
import Foundation
import TestSupport

/// The cost of a day of history: 500 operations from 2,600 to 5 spans a minute (frequencies as 1 by rank, 300 spans a
/// second in total), with each operation's latencies around its own median.
enum HistoryBenchmark {
    private static let operationCount = 500
    private static let spansPerMinute = 18_000
    private static let start: Int64 = 1_767_225_600_000_000_000
    private static let minute: Int64 = 60_000_000_000

    static func run() {
        var window = Window(
            limits: WindowLimits(duration: 10 * minute, history: HistoryLimits(bytesMax: 1 << 30)))
        var random = SeededGenerator(seed: 5)
        let operations = Frequencies(operationCount)
        let names = (0..<operationCount).map { Array("operation-\($0)".utf8) }
        var batch = SpanBatch(capacity: spansPerMinute)
        var nextID: UInt64 = 1
        var (appending, folding) = (0.0, 0.0)
        var replacing: [Double] = []
        for number in 0..<1_440 {
            batch.removeAll()
            let service = batch.service(RawSpan())
            let source = batch.source(cluster: RawSpan(), service: RawSpan(), instance: RawSpan())
            let numbers = names.map { unsafe batch.operation(service: service, name: $0.span.bytes, kind: .internal) }
            let time = start + Int64(number) * minute
            for span in 0..<spansPerMinute {
                let operation = operations.random(using: &random)
                // Two thirds of the spans lie within one octave of the median.
                let octaves = (0..<6).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<2, using: &random) }
                let duration = Int64(exp2(octaves * 0.7) * Double(100_000 * (1 + operation % 50)))
                let end = time + Int64(span) * minute / Int64(spansPerMinute)
                batch.append(
                    SpanRow(
                        traceHigh: 1, traceLow: nextID, spanID: nextID, parentID: 0, start: end - duration,
                        duration: duration, operation: numbers[operation], request: 0, source: source,
                        flags: SpanFlags(isError: nextID % 200 == 0)))
                nextID += 1
            }
            appending += seconds { _ = window.append(batch, arrival: time + minute, evaluatedUpTo: .min) }
            let evicted = window.evicted
            var history = window.history
            folding += seconds { history.add(evicted) }
            var before: History?
            replacing.append(seconds { before = window.replaceHistory(with: history, including: evicted) })
            precondition(before != nil)
        }
        let spans = Double(1_440 * spansPerMinute)
        let bytes = window.history.byteCount
        print("\nHistory: a day of \(operationCount) operations, \(number(spans / 1e6, 1)) million spans")
        print("  memory                        \(number(Double(bytes) / 1e6, 1)) MB")
        print("  per series and minute         \(number(Double(bytes) / Double(1_440 * operationCount), 1)) B")
        print("  append to the window          \(number(appending / spans * 1e9, 1)) ns/span")
        print("  bucket evicted spans          \(number(folding / spans * 1e9, 1)) ns/span")
        let replaced = replacing.sorted()
        print(
            "  swap it in, locked            median \(number(replaced[replaced.count / 2] * 1e6, 1)) µs, "
                + "longest \(number((replaced.last ?? 0) * 1e6, 1)) µs")
        print("  take a view                   \(number(median { _ = window.view() } * 1e6, 1)) µs")
        measure(window.view())
    }

    private static func measure(_ view: WindowView) {
        let end = start + 1_440 * minute
        let all = Selection(
            groupOfSeries: view.operations.indices.map { Int32($0) }, groupCount: view.operations.count,
            quantiles: [0.5, 0.99])
        let one = Selection(
            groupOfSeries: view.operations.indices.map { $0 == 7 ? 0 : -1 }, groupCount: 1, quantiles: [0.5, 0.99])
        for (name, from, to) in [
            ("23 hours", end - 23 * 60 * minute + 30 * minute, end), ("an hour", end - 60 * minute, end),
            ("5 minutes, an hour ago", end - 65 * minute, end - 60 * minute),
            ("5 minutes of the window", end - 5 * minute, end),
        ] {
            let seconds = [all, one].map { selection in
                median { _ = view.measure(.spans, from: from, to: to, [selection]) } * 1e3
            }
            print(
                "  \(name.padded(to: 24))      \(number(seconds[0], 2)) ms all operations, "
                    + "\(number(seconds[1], 3)) ms one")
        }
    }

    private static func median(_ body: () -> Void) -> Double {
        (0..<9).map { _ in seconds(body) }.sorted()[4]
    }

    private static func seconds(_ body: () -> Void) -> Double {
        let start = Harness.cpuSeconds()
        body()
        return Harness.cpuSeconds() - start
    }
}

/// Draws numbers below a count; the n-th has a frequency proportional to 1/n.
private struct Frequencies {
    private var cumulative: [Double] = []

    init(_ count: Int) {
        var sum = 0.0
        for rank in 1...count {
            sum += 1 / Double(rank)
            cumulative.append(sum)
        }
    }

    func random(using random: inout SeededGenerator) -> Int {
        let value = Double.random(in: 0..<(cumulative.last ?? 1), using: &random)
        var (low, high) = (0, cumulative.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
