import Engine
import Testing
import TestSupport

let hour = 60 * minute

/// Random spans over hours, some of them late, appended to a window and kept in a list.
struct HistoryOracle: ~Copyable {
    struct Span {
        var operation: String
        var isRequest: Bool
        var end: Int64
        var duration: Int64
        var isError: Bool
    }

    /// 2026-01-01T00:00:00Z
    static let start: Int64 = 1_767_225_600 * second

    var window: Window
    private(set) var spans: [Span] = []
    /// When the last batch arrived.
    private(set) var now = Self.start
    private var random: SeededGenerator

    init(seed: UInt64, limits: WindowLimits) {
        random = SeededGenerator(seed: seed)
        window = Window(limits: limits)
    }

    /// Appends a batch that arrives some time after the last one.
    mutating func append(spans count: Int = 40, after step: ClosedRange<Int64> = 40 * second...(160 * second)) {
        now += Int64.random(in: step, using: &random)
        var builder = BatchBuilder(firstID: UInt64(spans.count + 1))
        for _ in 0..<count { add(to: &builder) }
        _ = window.append(builder.batch, arrival: now, evaluatedUpTo: .min)
    }

    private mutating func add(to builder: inout BatchBuilder) {
        let isLate = Int.random(in: 0..<12, using: &random) == 0
        let age = Int64.random(in: 0..<(isLate ? 3 * hour : 20 * second), using: &random)
        // From microseconds to half an hour.
        let duration = Int64.random(in: 10_000...(1 << Int64.random(in: 14...40, using: &random)), using: &random)
        let operation = ["Get", "List", "Create", "Watch"].randomElement(using: &random) ?? "Get"
        let span = Span(
            operation: operation, isRequest: Bool.random(using: &random), end: now - age, duration: duration,
            isError: Int.random(in: 0..<10, using: &random) == 0)
        spans.append(span)
        if span.isRequest {
            let target = operation == "Watch" ? "/api/v1/pods?watch=true" : "/api/v1/\(operation.lowercased())s"
            builder.addRequest(
                method: "GET", target: target, end: span.end, duration: duration, isError: span.isError)
        } else {
            builder.add(operation: operation, end: span.end, duration: duration, isError: span.isError)
        }
    }

    /// A time at the start of a minute, from the oracle's start to now.
    mutating func randomMinute() -> Int64 {
        Self.start + Int64.random(in: 0...(now - Self.start) / minute, using: &random) * minute
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    mutating func random(below limit: Int64) -> Int64 { Int64.random(in: 0..<limit, using: &random) }

    /// Compares what the window measures with the list, where spans that end in `counted` count.
    func check(from: Int64, to: Int64, counted: Range<Int64>, sourceLocation: SourceLocation = #_sourceLocation) {
        let view = window.view()
        let inRange = spans.filter { counted.contains($0.end) }
        let quantiles = [0.0, 0.5, 0.9, 0.99, 1.0]
        let names = view.operations.map(\.operation)
        let operations = ["Get", "Create", "GET"]
        let each = Selection(
            groupOfSeries: names.map { Int32(operations.firstIndex(of: $0) ?? -1) }, groupCount: operations.count,
            quantiles: quantiles)
        let all = Selection(groupOfSeries: names.map { _ in 0 }, groupCount: 1, quantiles: [0.5])
        let measured = view.measure(.spans, from: from, to: to, [each, all])
        for (group, name) in operations.enumerated() {
            let expected = inRange.filter { $0.isRequest ? name == "GET" : name == $0.operation }
            Self.expectEqual(measured[0][group], expected, quantiles, sourceLocation)
        }
        Self.expectEqual(measured[1][0], inRange, [0.5], sourceLocation)
        let requests = Selection(groupOfSeries: view.requests.map { _ in 0 }, groupCount: 1, quantiles: quantiles)
        Self.expectEqual(
            view.measure(.requests, from: from, to: to, [requests])[0][0],
            inRange.filter { $0.isRequest && $0.operation != "Watch" }, quantiles, sourceLocation)
    }

    static func expectEqual(
        _ measured: LatencyStatistics, _ spans: [Span], _ quantiles: [Double], _ sourceLocation: SourceLocation
    ) {
        let sorted = spans.map(\.duration).sorted()
        #expect(measured.count == sorted.count, sourceLocation: sourceLocation)
        #expect(measured.errors == spans.count { $0.isError }, sourceLocation: sourceLocation)
        #expect(measured.max == sorted.last ?? 0, sourceLocation: sourceLocation)
        #expect(measured.sum == sorted.reduce(0 as Int128) { $0 + Int128($1) }, sourceLocation: sourceLocation)
        guard !sorted.isEmpty else { return }
        for (value, quantile) in zip(measured.quantiles, quantiles) {
            let exact = Double(sorted[max(Int((quantile * Double(sorted.count)).rounded(.up)), 1) - 1])
            #expect(abs(Double(value) - exact) <= exact * 0.0055, sourceLocation: sourceLocation)
        }
        #expect(measured.quantiles.count == quantiles.count, sourceLocation: sourceLocation)
    }
}
