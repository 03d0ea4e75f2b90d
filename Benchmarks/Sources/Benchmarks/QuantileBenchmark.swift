import Engine
import Foundation
import TestSupport

/// Exact count, errors, p50, p90 and p99 of 500 operations over ten million spans in the window. The same columns are
/// written to a file for DuckDB's turn (duckdb_quantiles.py).
enum QuantileBenchmark {
    private static let operationCount = 500
    private static let spanCount = 10_000_000

    static func run(columnsFile: String?) throws {
        let view = try makeView(spans: spanCount, writingTo: columnsFile)
        // As in a daemon, whose rules have looked at all slots but the newest.
        var summarized = view
        var summarizer = SlotSummarizer(rowsMin: 1)
        let start = Harness.cpuSeconds()
        _ = summarizer.summarize(&summarized, upTo: .max, thresholds: [])
        let summarizing = Harness.cpuSeconds() - start
        let results = Harness(rounds: 5).measure([
            .init(name: "exact percentiles of every operation") { check(view.operationSummaries()) },
            .init(name: "the same, with summaries") { check(summarized.operationSummaries()) },
        ])
        let seconds = results[0].seconds
        print("\nQuantiles: \(spanCount / 1_000_000) million spans, \(operationCount) operations")
        print("  exact count, errors, p50, p90, p99, max of each   \(number(seconds * 1e3, 1)) ms CPU")
        print("  the same from slots with summaries                \(number(results[1].seconds * 1e3, 1)) ms CPU")
        print("  summarizing the slots, once                       \(number(summarizing * 1e3, 1)) ms CPU")
        try runSmall()
        if let columnsFile {
            try "\(seconds)".write(toFile: columnsFile + ".seconds", atomically: true, encoding: .utf8)
        }
    }

    /// The cost of a rule every five seconds: three of the operations, over few spans.
    private static func runSmall() throws {
        let evaluations = 500
        let view = try makeView(spans: 20_000, writingTo: nil)
        let wanted = Selection(
            groupOfSeries: view.operations.indices.map { 1...3 ~= $0 ? Int32($0) - 1 : -1 }, groupCount: 3,
            quantiles: [0.5, 0.99])
        let results = Harness(rounds: 5).measure([
            .init(name: "a rule") {
                for _ in 0..<evaluations {
                    precondition(view.measure(.spans, from: .min, to: .max, [wanted])[0][0].count > 0)
                }
            }
        ])
        let seconds = results[0].seconds / Double(evaluations)
        print("  three of the operations, over 20,000 spans        \(number(seconds * 1e6, 1)) µs CPU")
    }

    private static func check(_ rows: [SeriesSummary<OperationLabels>]) {
        precondition(rows.count == operationCount)
    }

    private static func makeView(spans: Int, writingTo columnsFile: String?) throws -> WindowView {
        var random = SeededGenerator(seed: 11)
        var window = Window(limits: WindowLimits(duration: nil, bytesMax: 4 << 30))
        var columns = Data()
        var batch = SpanBatch(capacity: 10_000)
        var nextID: UInt64 = 1
        let names = (0..<operationCount).map { Array("operation-\($0)".utf8) }
        for part in 0..<spans / 10_000 {
            batch.removeAll()
            let service = batch.service(RawSpan())
            let source = batch.source(cluster: RawSpan(), service: RawSpan(), instance: RawSpan())
            let operations = names.map {
                unsafe batch.operation(service: service, name: $0.span.bytes, kind: .internal)
            }
            for _ in 0..<10_000 {
                // Latencies of about 2 ms, spread over three orders of magnitude.
                let operation = Int(UInt64.random(in: 0..<UInt64(operationCount), using: &random))
                let octave = (0..<6).reduce(0.0) { sum, _ in sum + Double.random(in: 0..<2, using: &random) }
                let duration = Int64(31_250 * exp2(octave))
                let isError = UInt64.random(in: 0..<100, using: &random) == 0
                batch.append(
                    SpanRow(
                        traceHigh: 1, traceLow: nextID, spanID: nextID, parentID: 0,
                        start: 1_767_225_600_000_000_000 + Int64(part) * 300_000_000 - duration, duration: duration,
                        operation: operations[operation], request: 0, source: source,
                        flags: SpanFlags(isError: isError)))
                nextID += 1
                if columnsFile != nil {
                    unsafe withUnsafeBytes(of: (Int32(operation), Int32(isError ? 1 : 0), duration)) {
                        unsafe columns.append(contentsOf: $0)
                    }
                }
            }
            _ = window.append(batch, arrival: .max - 1_000_000_000_000, evaluatedUpTo: .min)
        }
        if let columnsFile { try columns.write(to: URL(fileURLWithPath: columnsFile)) }
        if spans == spanCount {
            print("\nWindow: \(number(Double(window.byteCount) / Double(window.spanCount), 1)) B a span")
        }
        return window.view()
    }
}
