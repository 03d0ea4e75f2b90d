import Foundation
import OTLP
import Support
import TestSupport
import Testing

@testable import Engine

/// Attribution slot by slot as spans arrive, against the naive one that has them all at once.
@Suite("Attribution")
struct AttributionTests {
    private struct Request: Equatable {
        var duration: Int64
        var parts: [String: Int64]
    }

    /// Runs records through a window and an attributor as time passes, and returns every request by trace and span id.
    private struct Flow: ~Copyable {
        var window = Window(limits: WindowLimits(duration: nil))
        var attributor: Attributor
        private var batch = SpanBatch()
        private var next = Int64.min

        init(settle: Int64, portionRows: Int = 1 << 18) {
            attributor = Attributor(settle: settle, portionRows: portionRows)
        }

        mutating func take(_ record: [UInt8], at clock: Int64) throws {
            batch.removeAll()
            try unsafe SpanDecoder().decode(record.span.bytes, into: &batch)
            _ = window.append(batch, arrival: .max - 1_000_000_000_000, evaluatedUpTo: .min)
            if clock >= next { settle(at: clock) }
        }

        mutating func settle(at clock: Int64) {
            next = clock.addingSaturating(Window.slotWidth)
            for slot in attributor.settle(window.view(), at: clock) {
                window.attach(slot)
            }
        }

        /// The divided requests by trace and span id.
        func requests(in view: WindowView? = nil) -> [[UInt64]: Request] {
            var requests: [[UInt64]: Request] = [:]
            forEachRequest(in: view ?? window.view()) { span, _, duration, parts in
                requests[[span.traceHigh, span.traceLow, span.spanID]] = Request(
                    duration: duration,
                    parts: Dictionary(
                        uniqueKeysWithValues: parts.map { (attributor.components.names[Int($0.number)], $1) }))
            }
            return requests
        }

        /// The parts of each request, in nanoseconds by component, by the number of the request's series.
        func partsBySeries() -> [Int: [[Component: Int64]]] {
            var bySeries: [Int: [[Component: Int64]]] = [:]
            forEachRequest(in: window.view()) { _, series, _, parts in
                bySeries[series, default: []].append(Dictionary(uniqueKeysWithValues: parts))
            }
            return bySeries
        }

        private func forEachRequest(
            in view: WindowView,
            _ body: (SpanRow, _ series: Int, _ duration: Int64, _ parts: [(Component, Int64)]) -> Void
        ) {
            for slot in view.slots {
                guard let attribution = slot.attribution else { continue }
                let requests = attribution.requests
                for (number, request) in requests.enumerated() {
                    let end =
                        number + 1 < requests.count ? Int(requests[number + 1].firstPart) : attribution.parts.count
                    let parts = (Int(request.firstPart)..<end).map { part in
                        let number = attribution.parts.series[part] % UInt32(ComponentTable.countMax)
                        return (Component(UInt8(number)), attribution.parts.durations[part])
                    }
                    body(
                        slot.row(Int(request.row)), Int(request.series), attribution.durations.durations[number], parts)
                }
            }
        }

        /// Self times by trace and span id, of the spans that have one.
        func selfTimes(in view: WindowView? = nil) -> [[UInt64]: Int64] {
            var times: [[UInt64]: Int64] = [:]
            for slot in (view ?? window.view()).slots {
                guard let attribution = slot.attribution else { continue }
                for row in 0..<attribution.rowCount {
                    guard let time = attribution.selfTimes[row] else { continue }
                    let span = slot.row(row)
                    times[[span.traceHigh, span.traceLow, span.spanID]] = time
                }
            }
            return times
        }
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func key(_ traceID: [UInt8], _ spanID: [UInt8]) -> [UInt64] {
        [number(traceID.prefix(8)), number(traceID.suffix(8)), number(spanID)]
    }

    private static func expected(_ naive: NaiveAttribution) -> [[UInt64]: Request] {
        var requests: [[UInt64]: Request] = [:]
        for request in naive.requests() {
            requests[key(request.traceID, request.spanID)] = Request(
                duration: request.duration,
                parts: Dictionary(uniqueKeysWithValues: request.components.map { ($0.rawValue, $1) }))
        }
        return requests
    }

    private static func selfTimes(_ naive: NaiveAttribution) -> [[UInt64]: Int64] {
        let spans = naive.spans.filter(naive.countsSelfTime)
        return Dictionary(uniqueKeysWithValues: spans.map { (key($0.traceID, $0.spanID), naive.selfTime($0)) })
    }

    private enum Order: CaseIterable {
        case asRecorded, shuffledWithinTenSeconds, everyBatchTwice
    }

    @Test(arguments: Captures.archives)
    func `every request of a capture is divided as the definition says`(_ archive: URL) throws {
        let arrivals = try Captures.arrivals(archive)
        let bodies = try Captures.records(archive)
        try #require(arrivals.count == bodies.count)
        let records = zip(arrivals, bodies).map { (at: $0, bytes: $1) }
        let spans = records.flatMap { ReferenceDecoder.decode($0.bytes) ?? [] }
        let naive = NaiveAttribution(spans)
        let expected = Self.expected(naive)
        let selfTimes = Self.selfTimes(naive)
        for order in Order.allCases {
            var random = SeededGenerator(seed: 5)
            var flow = Flow(settle: 16_000_000_000, portionRows: order == .everyBatchTwice ? 500 : 1 << 18)
            for record in Self.arrange(records, order, using: &random) { try flow.take(record.bytes, at: record.at) }
            flow.settle(at: .max)
            let found = flow.requests()
            #expect(found.count == expected.count)
            let different = expected.filter { found[$0.key] != $0.value }
            #expect(different.isEmpty, "\(order): \(different.count) of \(expected.count) requests differ")
            let times = flow.selfTimes()
            let differ = selfTimes.filter { times[$0.key] != $0.value }
            #expect(differ.isEmpty, "\(order): \(differ.count) of \(selfTimes.count) self times differ")
            // There may be more: those of watches that aren't over yet.
            #expect(times.count < selfTimes.count + selfTimes.count / 100)
        }
    }

    @Test(arguments: Captures.archives)
    func `the components of a kind of request are the sums over its single requests`(_ archive: URL) throws {
        var flow = Flow(settle: 0)
        for record in try Captures.records(archive) { try flow.take(record, at: .min) }
        flow.settle(at: .max)
        let view = flow.window.view()
        let parts = flow.partsBySeries()
        let requests = view.requestSummaries()
        #expect(requests.count == parts.count)
        for (request, components) in zip(requests, view.componentSummaries(of: requests)) {
            let own = parts[request.series] ?? []
            #expect(own.count == request.count)
            #expect(components.reduce(0) { $0 + $1.sum } == request.sum)
            for summary in components {
                let durations = own.map { $0[summary.component] ?? 0 }.sorted()
                #expect(summary.sum == durations.reduce(0) { $0 + Int128($1) })
                #expect(summary.p99 == durations[(durations.count * 99 + 99) / 100 - 1])
                #expect(abs(summary.share - Double(summary.sum) / Double(request.sum)) < 1e-12)
            }
        }
    }

    private static func arrange(
        _ records: [(at: Int64, bytes: [UInt8])], _ order: Order, using random: inout SeededGenerator
    ) -> [(at: Int64, bytes: [UInt8])] {
        switch order {
        case .asRecorded: return records
        case .everyBatchTwice: return records.flatMap { [$0, $0] }
        case .shuffledWithinTenSeconds:
            return records.map { record in
                (at: record.at + Int64.random(in: 0..<10_000_000_000, using: &random), bytes: record.bytes)
            }.sorted { $0.at < $1.at }
        }
    }

    @Test func `what is kept of a slot that has not settled is as good as new`() throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var traces = RandomTraces(seed: seed)
            let spans = traces.next()
            var flow = Flow(settle: .max, portionRows: seed % 2 == 0 ? 1 << 18 : 3)
            for var span in spans {
                // Over a dozen slots.
                span.start *= 1_000_000_000
                span.end *= 1_000_000_000
                try flow.take(span.record, at: .min)
                guard Bool.random(using: &random) else { continue }
                var fresh = Attributor(settle: .max)
                let (kept, new) = (flow.attributor.attributed(flow.window.view()), fresh.attributed(flow.window.view()))
                #expect(flow.requests(in: kept) == flow.requests(in: new), "seed \(seed)")
                #expect(flow.selfTimes(in: kept) == flow.selfTimes(in: new), "seed \(seed)")
            }
        }
    }

    @Test func `hostile traces are divided as the definition says`() throws {
        for seed in 0..<400 as Range<UInt64> {
            var traces = RandomTraces(seed: seed)
            let spans = traces.next()
            let naive = NaiveAttribution(spans)
            // Every second time, traces are taken in small portions, as in large slots.
            var flow = Flow(settle: 0, portionRows: seed % 2 == 0 ? 1 << 18 : 3)
            for span in spans { try flow.take(span.record, at: .min) }
            flow.settle(at: .max)
            #expect(flow.requests() == Self.expected(naive), "seed \(seed)")
            #expect(flow.selfTimes() == Self.selfTimes(naive), "seed \(seed)")
        }
    }
}
