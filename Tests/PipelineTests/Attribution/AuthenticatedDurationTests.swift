import Engine
import OTLP
import Pipeline
import Rules
import TestSupport
import Testing

private let millisecond: Int64 = 1_000_000
private let second: Int64 = 1_000_000_000
/// 2026-01-01T00:00:00Z, the start of a slot.
private let base: Int64 = 1_767_225_600 * second

/// What sees the duration of a request with its authentication, and when.
@Suite struct `The duration with authentication` {
    private static let rules = """
        groups:
          - name: g
            interval: 5s
            rules:
              - {alert: Max, select: {verb: list}, when: max > 500ms, over: 1m}
              - {alert: Burns, select: {verb: list}, when: "burn_rate(99%, 500ms, 1m) >= 50", over: 1m}
              - {alert: Found, match: {verb: list}, when: duration > 500ms}
              - {alert: Part, select: {verb: list}, when: time(authentication) > 300ms, over: 1m}
              - {alert: Span, select: {kind: SERVER}, when: max > 500ms, over: 1m}
        """

    private static func pipeline(_ rules: String = "groups: []") throws -> Pipeline {
        let groups = try RuleFile(rules, file: "rules.yaml", maximumWindow: 3600 * second, exactWindow: .max).groups
        return Pipeline(rules: RuleEvaluator(groups), limits: WindowLimits(duration: nil))
    }

    private static func send(_ spans: [ReferenceSpan], to pipeline: Pipeline, at arrival: Int64) throws {
        var batch = SpanBatch()
        for span in spans { try unsafe SpanDecoder().decode(span.record.span.bytes, into: &batch) }
        _ = pipeline.append(batch, arrival: arrival)
    }

    /// Requests of 10 ms; before every second one authentication takes 800 ms.
    private static var traffic: AuthenticatedTraffic {
        var traffic = AuthenticatedTraffic(base: base)
        for number in 0..<10 as Range<Int64> {
            let end = (1000 + number * 100) * millisecond
            traffic.request("pods", end - 10 * millisecond..<end)
            traffic.authentication(end - (number % 2 == 0 ? 810 : 10) * millisecond..<end + 8_000)
        }
        return traffic
    }

    @Test func `is what rules over requests mean`() throws {
        let pipeline = try Self.pipeline(Self.rules)
        _ = pipeline.advance(to: base)
        try Self.send(Self.traffic.spans, to: pipeline, at: base + 3 * second)
        let fired = pipeline.advance(to: base + 20 * second).filter { $0.alert.state == .firing }
        let names = fired.map(\.alert.name).sorted()
        #expect(names == ["Burns", "Found", "Max", "Part"])
        let values = Dictionary(fired.map { ($0.alert.name, $0.alert.value ?? 0) }) { first, _ in first }
        #expect(values["Max"] == 0.81 && values["Found"] == 0.81)
        #expect(values["Burns"] == 50 && values["Part"] == 0.4)
    }

    @Test func `is observed by the scrape once, when a request has settled`() throws {
        let pipeline = try Self.pipeline()
        _ = pipeline.advance(to: base)
        // Provisional attributions don't count.
        let spans = Self.traffic.spans
        for half in [spans.prefix(7), spans.dropFirst(7)] {
            try Self.send(Array(half), to: pipeline, at: base + 3 * second)
            _ = pipeline.attributedSummary()
            #expect(Self.observed(pipeline).isEmpty)
        }
        pipeline.note(clock: base + 34 * second)
        #expect(Self.observed(pipeline).isEmpty)
        for clock in [35, 40, 80] as [Int64] {
            pipeline.note(clock: base + clock * second)
            #expect(Self.observed(pipeline) == [.init(10 * 10 * millisecond + 5 * 800 * millisecond, count: 10)])
        }
        // One that comes later isn't attributed any more.
        var late = AuthenticatedTraffic(base: base, seed: 2)
        late.request("pods", 1_000 * millisecond..<1_010 * millisecond)
        late.authentication(0..<1_010 * millisecond)
        try Self.send(late.spans, to: pipeline, at: base + 81 * second)
        pipeline.note(clock: base + 120 * second)
        #expect(Self.observed(pipeline) == [.init(11 * 10 * millisecond + 5 * 800 * millisecond, count: 11)])
    }

    @Test func `is kept in the history`() throws {
        var limits = WindowLimits(duration: 60 * second)
        limits.history.duration = 3600 * second
        let pipeline = Pipeline(rules: RuleEvaluator([]), limits: limits)
        pipeline.note(clock: base)
        try Self.send(Self.traffic.spans, to: pipeline, at: base + 3 * second)
        pipeline.note(clock: base + 40 * second)
        var later = AuthenticatedTraffic(base: base, seed: 3)
        later.request("nodes", 600 * second..<601 * second)
        try Self.send(later.spans, to: pipeline, at: base + 602 * second)
        let pods = try #require(AuthenticatedRequests.rows(pipeline)["pods"])
        #expect(!pipeline.summary().view.history.isEmpty)
        #expect(pods.count == 10 && pods.duration == 10 * 10 * millisecond + 5 * 800 * millisecond)
        #expect(pods.authentication == 5 * 800 * millisecond)
    }

    private struct Observed: Equatable {
        var count: Int
        var sum: Double

        init(_ sum: Int64, count: Int) {
            self.count = count
            self.sum = Double(sum)
        }
    }

    /// The histograms of requests that have any.
    private static func observed(_ pipeline: Pipeline) -> [Observed] {
        let requests = pipeline.summary().totals.requests
        return requests.filter { $0.count > 0 }.map { Observed(Int64($0.sum), count: $0.count) }
    }
}
