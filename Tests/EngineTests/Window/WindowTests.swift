import Engine
import Testing
import TestSupport

/// 2026-01-01T00:00:00Z
private let base: Int64 = 1_767_225_600 * second

@Suite struct `The window` {
    private func window(duration: Int64? = nil, bytesMax: Int = 1 << 30, operationsMax: Int = 1_000) -> Window {
        Window(limits: WindowLimits(duration: duration, bytesMax: bytesMax, operationsMax: operationsMax))
    }

    @Test func `knows to the nanosecond whether spans ended in a range`() {
        var window = window()
        var builder = BatchBuilder()
        for end in [base + second, base + 9 * second] { builder.add(end: end, id: UInt64(end)) }
        _ = window.append(builder.batch, arrival: base + 60 * second, evaluatedUpTo: .min)
        let view = window.view()
        #expect(!view.hasSpans(from: base + second + 1, to: base + 9 * second))
        #expect(view.hasSpans(from: base + second, to: base + second + 1))
        #expect(view.hasSpans(from: base + second + 1, to: base + 9 * second + 1))
        #expect(!view.hasSpans(from: base + 10 * second, to: base + 20 * second))
    }

    @Test func `finds the spans of many traces at once, each as often as it is asked for`() {
        var window = window()
        var builder = BatchBuilder()
        // Every span is a trace, whose id has the upper half 1.
        for number in 0..<Int64(10_000) { builder.add(end: base + number * millisecond, id: UInt64(number) << 40) }
        _ = window.append(builder.batch, arrival: base + 60 * second, evaluatedUpTo: .min)
        let known = [7, 9_999, 0, 7, 4_321].map { TraceID(high: 1, low: UInt64($0) << 40) }
        let others = [TraceID(high: 2, low: 7 << 40), TraceID(high: 1, low: 7)]
        let found = window.view().spans(of: known + others)
        #expect(found.map { $0.map(\.traceLow) } == known.map { [$0.low] } + [[], []])
        let late = window.view().spans(of: known, endingIn: base + 5 * second..<base + 60 * second)
        #expect(late.map(\.count) == [0, 1, 0, 0, 0])
    }

    @Test(arguments: 0..<6) func `measures exactly what a naive count over the same range does`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = window()
        let operations = ["Get", "List", "Create", "Update"]
        var spans: [(operation: String, end: Int64, duration: Int64, isError: Bool)] = []
        for _ in 0..<8 {
            var builder = BatchBuilder()
            for _ in 0..<2_000 {
                let operation = operations.randomElement(using: &random) ?? "Get"
                let end = base + Int64.random(in: 0..<60 * second, using: &random)
                let duration = Int64.random(in: 0..<1 << Int64.random(in: 1...40, using: &random), using: &random)
                let isError = Int.random(in: 0..<10, using: &random) == 0
                spans.append((operation, end, duration, isError))
                builder.add(
                    operation: operation, end: end, duration: duration, isError: isError, id: UInt64(spans.count))
            }
            _ = window.append(builder.batch, arrival: base + 60 * second, evaluatedUpTo: .min)
        }

        let view = window.view()
        let quantiles = [0.0, 0.5, 0.9, 0.99, 0.999, 1.0]
        for _ in 0..<10 {
            let from = base + Int64.random(in: -second..<60 * second, using: &random)
            let to = from + Int64.random(in: 0..<40 * second, using: &random)
            // One group per operation, and one of all operations: they share the scan.
            let each = Selection(
                groupOfSeries: view.operations.map { Int32(operations.firstIndex(of: $0.operation) ?? -1) },
                groupCount: operations.count, quantiles: quantiles)
            let all = Selection(
                groupOfSeries: view.operations.map { _ in 0 }, groupCount: 1, quantiles: quantiles.reversed())
            let measured = view.measure(.spans, from: from, to: to, [each, all])
            let inRange = spans.filter { $0.end >= from && $0.end < to }
            for (group, operation) in operations.enumerated() {
                expectEqual(
                    measured[0][group], inRange.filter { $0.operation == operation }.map { ($0.duration, $0.isError) },
                    quantiles)
            }
            expectEqual(measured[1][0], inRange.map { ($0.duration, $0.isError) }, quantiles.reversed())
        }
    }

    private func expectEqual(
        _ measured: LatencyStatistics, _ spans: [(duration: Int64, isError: Bool)], _ quantiles: [Double]
    ) {
        var naive = NaiveStatistics()
        for span in spans { naive.add(span.duration, isError: span.isError) }
        #expect(measured.count == naive.count)
        #expect(measured.errors == naive.errors)
        guard naive.count > 0 else { return }
        #expect(measured.max == naive.max)
        #expect(measured.sum == naive.sum)
        #expect(measured.quantiles == quantiles.map { naive.quantile($0) })
    }

    @Test func `counts a span that comes twice once`() {
        var window = window()
        var builder = BatchBuilder()
        for id in 1...5_000 { builder.add(end: base + Int64(id), id: UInt64(id)) }
        let first = window.append(builder.batch, arrival: base + second, evaluatedUpTo: .min)
        let second = window.append(builder.batch, arrival: base + second, evaluatedUpTo: .min)
        #expect(first.accepted == 5_000)
        #expect(second.accepted == 0)
        #expect(second.duplicates == 5_000)
        #expect(window.spanCount == 5_000)
    }

    @Test func `finds duplicates in slots whose indexes are large, whatever the order they come in`() {
        var window = window()
        let ids = Array(1...UInt64(100_000))
        func end(_ id: UInt64) -> Int64 {
            let slot = Int64(id % 3)
            return base + slot * 5_000_000_000 + Int64(id)
        }
        var forwards = BatchBuilder()
        for id in ids { forwards.add(end: end(id), id: id) }
        let first = window.append(forwards.batch, arrival: base + 20 * second, evaluatedUpTo: .min)
        var backwards = BatchBuilder()
        for id in ids.reversed() {
            backwards.add(end: end(id), id: id)
            backwards.add(end: end(id), id: id + 100_000)
            backwards.add(end: end(id), id: id + 100_000)
        }
        let second = window.append(backwards.batch, arrival: base + 20 * second, evaluatedUpTo: .min)
        #expect(first.accepted == 100_000)
        #expect(second.accepted == 100_000)
        #expect(second.duplicates == 200_000)
        #expect(window.spanCount == 200_000)
    }

    @Test func `evicts the oldest slot when it is full, and keeps its counts in the history`() {
        var window = window(bytesMax: 2_000_000)
        for slot in 0..<40 {
            var builder = BatchBuilder()
            for id in 0..<2_000 {
                builder.add(
                    end: base + Int64(slot) * 5 * second + Int64(id), duration: Int64(id + 1) * 1_000,
                    isError: id < 10, id: UInt64(slot * 2_000 + id + 1))
            }
            _ = window.append(builder.batch, arrival: base + 1_000 * second, evaluatedUpTo: .min)
            #expect(window.byteCount <= 2_000_000)
        }
        #expect(window.spanCount < 40 * 2_000)
        let rows = window.view().operationSummaries()
        #expect(rows.count == 1)
        #expect(rows[0].count == 80_000)
        #expect(rows[0].errors == 400)
        #expect(rows[0].max == 2_000_000)
        #expect(!rows[0].isExact)
        #expect(abs(Double(rows[0].p50) - 1_000_000) <= 1_000_000 * 0.0055)
    }

    @Test func `takes spans older than its duration into the history alone`() {
        var window = window(duration: 60 * second)
        var builder = BatchBuilder()
        builder.add(end: base - 120 * second)
        builder.add(end: base - 10 * second)
        let outcome = window.append(builder.batch, arrival: base, evaluatedUpTo: base - 60 * second)
        #expect(outcome.accepted == 2)
        #expect(outcome.late == 1)
        #expect(window.spanCount == 1)
        #expect(window.view().operationSummaries().map(\.count) == [2])
        #expect(window.view().windowOnly.operationSummaries().map(\.count) == [1])
    }

    @Test func `rejects spans that end too far in the future`() {
        var window = window()
        var builder = BatchBuilder()
        builder.add(end: base + 3_600 * second)
        builder.add(end: .max)
        builder.add(end: base)
        let outcome = window.append(builder.batch, arrival: base, evaluatedUpTo: .min)
        #expect(outcome.accepted == 1)
        #expect(outcome.rejections[.inFuture] == 2)
    }

    @Test func `sums operations beyond its limit in one row and leaves the known ones as they were`() {
        var window = window(operationsMax: 3)
        var builder = BatchBuilder()
        for name in ["Get", "List", "Watch"] { builder.add(operation: name, end: base, duration: 7) }
        for number in 0..<100_000 { builder.add(operation: "junk-\(number)", end: base, duration: 9) }
        let outcome = window.append(builder.batch, arrival: base, evaluatedUpTo: .min)
        #expect(outcome.accepted == 100_003)
        let rows = window.view().operationSummaries()
        #expect(rows.map(\.labels.operation) == ["_other", "Get", "List", "Watch"])
        #expect(rows.map(\.count) == [100_000, 1, 1, 1])
        #expect(rows.map(\.p99) == [9, 7, 7, 7])
        #expect(window.operations.overflowed == 100_000)
    }

    @Test func `names that differ only in invalid bytes are one operation`() {
        var window = window()
        var batch = SpanBatch()
        for (id, byte) in [0xFE, 0xFF].enumerated() {
            let name: [UInt8] = [0x47, UInt8(byte)]
            let service = batch.service(RawSpan())
            let source = batch.source(cluster: RawSpan(), service: RawSpan(), instance: RawSpan())
            let operation = unsafe batch.operation(service: service, name: name.span.bytes, kind: .client)
            batch.append(
                SpanRow(
                    traceHigh: 1, traceLow: 1, spanID: UInt64(id + 1), parentID: 0, start: base, duration: 1,
                    operation: operation, request: 0, source: source, flags: SpanFlags()))
        }
        _ = window.append(batch, arrival: base, evaluatedUpTo: .min)
        let rows = window.view().operationSummaries()
        #expect(rows.map(\.labels.operation) == ["G\u{FFFD}"])
        #expect(rows.map(\.count) == [2])
    }

    @Test func `knows the names of a batch that is used again, whatever others come between`() {
        // No service takes more than half of the places.
        var window = window(operationsMax: 20_000)
        var kept = BatchBuilder()
        var expected: [String: Int] = [:]
        var id: UInt64 = 1
        for round in 0..<100 {
            // Many names in one round: more than a batch keeps.
            let names = ["Get", "List \(round % 7)"] + (0..<(round == 50 ? 5_000 : 1)).map { "Watch \(round) \($0)" }
            var fresh = BatchBuilder()
            kept.batch.removeAll()
            for name in round % 2 == 0 ? names : names.reversed() {
                kept.add(operation: name, end: base, id: id)
                fresh.add(operation: name, end: base, id: id + 1)
                expected[name, default: 0] += 2
                id += 2
            }
            _ = window.append(kept.batch, arrival: base, evaluatedUpTo: .min)
            _ = window.append(fresh.batch, arrival: base, evaluatedUpTo: .min)
        }
        let rows = window.view().operationSummaries()
        #expect(rows.count == expected.count)
        for row in rows { #expect(row.count == expected[row.labels.operation], "\(row.labels.operation)") }
    }

    @Test func `a view stays as it was while the window goes on`() {
        var window = window()
        var first = BatchBuilder()
        for id in 1...100 { first.add(end: base, id: UInt64(id)) }
        _ = window.append(first.batch, arrival: base, evaluatedUpTo: .min)
        let view = window.view()
        var second = BatchBuilder()
        for id in 101...10_000 { second.add(end: base, id: UInt64(id)) }
        _ = window.append(second.batch, arrival: base, evaluatedUpTo: .min)
        #expect(view.operationSummaries().map(\.count) == [100])
        #expect(window.view().operationSummaries().map(\.count) == [10_000])
    }

    @Test func `leaves long-running requests out of the latencies of requests`() {
        var window = window()
        var builder = BatchBuilder()
        builder.addRequest(method: "GET", target: "/api/v1/pods", end: base, duration: 5)
        builder.addRequest(method: "GET", target: "/api/v1/pods?watch=true", end: base, duration: 600 * second)
        _ = window.append(builder.batch, arrival: base, evaluatedUpTo: .min)
        let rows = window.view().requestSummaries()
        #expect(rows.map(\.labels.verb) == ["list"])
        #expect(rows.map(\.max) == [5])
    }
}
