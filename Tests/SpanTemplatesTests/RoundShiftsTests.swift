import SpanTemplates
import TestSupport
import Testing

private let second: UInt64 = 1_000_000_000
private let captured: UInt64 = 1_767_225_600 * second
private let now: UInt64 = 1_800_000_000 * second

/// What the load generator sends for one pass over a capture.
@Suite struct `A round of a capture` {
    /// The API server's call and its handler in etcd: one trace, exported by both.
    private func call(at time: UInt64) throws -> [RequestTemplate] {
        // etcd's exporter holds its spans longer, so other requests come in between.
        [
            try request("apiserver", [(trace: 1, time, time + 9_000_000)]),
            try request("apiserver", [(trace: 2, time + 2 * second, time + 3 * second)]),
            try request("etcd", [(trace: 1, time + 4_000_000, time + 7_000_000)]),
        ]
    }

    private func request(
        _ service: String, _ spans: [(trace: UInt8, start: UInt64, end: UInt64)]
    ) throws -> RequestTemplate {
        let examples = spans.map { span in
            var example = WireSpanExample()
            example.traceID = [UInt8](repeating: span.trace, count: 16)
            example.start = span.start
            example.end = span.end
            return example
        }
        return try RequestTemplate(WireSpanExample.request(service: service, examples))
    }

    private func sent(
        _ template: RequestTemplate, _ shifts: SpanShifts
    ) throws -> [(start: UInt64, end: UInt64)] {
        let message = template.message(identity: 5) { shifts[$0] }
        return try #require(ReferenceDecoder.decode(message)).map { ($0.start, $0.end) }
    }

    @Test func `keeps the distance of a call and its handler, however long sending takes`() throws {
        let templates = try call(at: captured)
        var shifts = RoundShifts(templates, spansPerSecond: nil)
        let spans = try templates.enumerated().map { position, template in
            let now = now + UInt64(position) * 7 * second
            return try sent(template, shifts.shifts(round: 0, position: position, now: now))[0]
        }
        #expect(spans[2].start - spans[0].start == 4_000_000)
        #expect(spans[0].end - spans[2].end == 2_000_000)
    }

    @Test func `ends as it is sent, in whatever time that is`() throws {
        let minute = 60 * second
        let templates = try (UInt64(0)..<3).map { trace in
            let start = captured + trace * minute
            return try request("apiserver", [(trace: UInt8(trace) + 1, start, start + 5_000_000)])
        }
        var shifts = RoundShifts(templates, spansPerSecond: nil)
        for (position, template) in templates.enumerated() {
            let now = now + UInt64(position) * 1_000_000
            let spans = try sent(template, shifts.shifts(round: 0, position: position, now: now))
            #expect(spans.map(\.end) == [now])
        }
    }

    @Test func `keeps the distances of traces that end in the same second`() throws {
        let templates = [
            try request(
                "apiserver", [(trace: 1, captured, captured + 700_000), (trace: 2, captured, captured + 400_000)])
        ]
        var shifts = RoundShifts(templates, spansPerSecond: nil)
        let spans = try sent(templates[0], shifts.shifts(round: 0, position: 0, now: now))
        #expect(spans.map(\.end) == [now, now - 300_000])
    }

    @Test func `has the spans of a trace that takes long end as they are sent`() throws {
        let end = captured + 60 * second
        let templates = [
            try request("apiserver", [(trace: 1, captured + 1, captured + 5), (trace: 1, captured + 2, captured + 4)]),
            try request("apiserver", [(trace: 1, captured, end), (trace: 1, end - 3 * second, end - 2 * second)]),
        ]
        var shifts = RoundShifts(templates, spansPerSecond: nil)
        let first = try sent(templates[0], shifts.shifts(round: 0, position: 0, now: now))
        let last = try sent(templates[1], shifts.shifts(round: 0, position: 1, now: now + 1_000))
        #expect(first.map(\.end) == [now, now - 1])
        #expect(last.map(\.end) == [now + 1_000, now + 1_000 - 2 * second])
    }

    @Test func `is later than the one before, even if two connections alternate between both`() throws {
        let templates = try call(at: captured)
        var shifts = RoundShifts(templates, spansPerSecond: nil)
        let first = shifts.shifts(round: 0, position: 0, now: now)[0]
        let next = shifts.shifts(round: 1, position: 0, now: now + second)[0]
        #expect(shifts.shifts(round: 0, position: 2, now: now + 2 * second)[0] == first)
        #expect(next - first == second)
        #expect(shifts.shifts(round: 1, position: 2, now: now + 9 * second)[0] == next)
    }

    @Test(arguments: [nil, 0.5, 1, 50])
    func `holds no span that ends after it is sent`(rate: Double?) throws {
        let templates = try call(at: captured)
        var shifts = RoundShifts(templates, spansPerSecond: rate)
        var latest: [Int64] = []
        for (position, template) in templates.enumerated() {
            let due = now + UInt64(rate.map { Double(position) / $0 * 1e9 } ?? 0)
            let spans = try sent(template, shifts.shifts(round: 0, position: position, now: due))
            latest.append(Int64(bitPattern: spans[0].end &- due))
        }
        // The newest of each trace ends exactly when it is sent, so none is late for the rules.
        #expect(max(latest[0], latest[2]) == 0)
        #expect(latest[1] == 0)
    }
}
