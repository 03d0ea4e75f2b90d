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
        func template(_ service: String, _ start: UInt64, _ end: UInt64) throws -> RequestTemplate {
            var span = WireSpanExample()
            span.start = start
            span.end = end
            return try RequestTemplate(WireSpanExample.request(service: service, [span]))
        }
        // etcd's exporter holds its spans longer, so other requests come in between.
        return [
            try template("apiserver", time, time + 9_000_000),
            try template("apiserver", time + 2 * second, time + 3 * second),
            try template("etcd", time + 4_000_000, time + 7_000_000),
        ]
    }

    private func times(_ message: [UInt8]) throws -> (start: UInt64, end: UInt64) {
        let span = try #require(ReferenceDecoder.decode(message)?.first)
        return (span.start, span.end)
    }

    @Test func `keeps the distance of a call and its handler, however long sending takes`() throws {
        let templates = try call(at: captured)
        var shifts = RoundShifts(templates, spansPerSecond: nil)
        var sent: [(start: UInt64, end: UInt64)] = []
        for (index, template) in templates.enumerated() {
            let shift = shifts.shift(round: 0, now: now + UInt64(index) * 7 * second)
            sent.append(try times(template.message(identity: 5, shift: shift)))
        }
        #expect(sent[2].start - sent[0].start == 4_000_000)
        #expect(sent[0].end - sent[2].end == 2_000_000)
    }

    @Test func `is later than the one before, even if two connections alternate between both`() throws {
        let templates = try call(at: captured)
        var shifts = RoundShifts(templates, spansPerSecond: nil)
        let first = shifts.shift(round: 0, now: now)
        let next = shifts.shift(round: 1, now: now + second)
        #expect(shifts.shift(round: 0, now: now + 2 * second) == first)
        #expect(next - first == second)
        #expect(shifts.shift(round: 1, now: now + 9 * second) == next)
    }

    @Test(arguments: [nil, 0.5, 1, 50])
    func `holds no span that ends after it is sent`(rate: Double?) throws {
        let templates = try call(at: captured)
        var shifts = RoundShifts(templates, spansPerSecond: rate)
        let shift = shifts.shift(round: 0, now: now)
        var latest = Int64.min
        for (index, template) in templates.enumerated() {
            let due = now + UInt64(rate.map { Double(index) / $0 * 1e9 } ?? 0)
            latest = max(latest, Int64(bitPattern: template.newestEnd &+ shift &- due))
        }
        // The latest span ends exactly when it is sent, so none is late for the rules.
        #expect(latest == 0)
    }
}
