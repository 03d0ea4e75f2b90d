import Engine
import Pipeline
import Rules
import TestSupport

/// What evaluating the built-in rules costs in a daemon that takes many spans: a recording as often at once, with different
/// ids, as gives so many spans a second.
struct BuiltinRulesBenchmark: ~Copyable {
    /// Evaluations of one sort.
    private struct Evaluations {
        /// CPU seconds of each.
        var times: [Double] = []

        func report(_ name: String, interval: Double) {
            guard !times.isEmpty else { return }
            let mean = times.reduce(0, +) / Double(times.count)
            print(
                "  \(name.padded(to: 24))\(times.count) evaluations, \(number(1e3 * mean, 1)) ms each, "
                    + "\(number(100 * mean / interval, 1)) % of the time, at most \(number(1e3 * (times.max() ?? 0), 1)) ms"
            )
        }
    }

    /// Of the built-in rules, seconds.
    private static let interval = 5.0

    private let pipeline: Pipeline
    private var batch = SpanBatch()
    private var spans = 0
    private var healthy = Evaluations()
    private var withIncident = Evaluations()

    private init(bytesMax: Int) throws {
        var attribution = AttributionSettings()
        // As in a daemon whose window has so many bytes.
        attribution.portionRows = bytesMax / 1456
        pipeline = Pipeline(
            rules: RuleEvaluator(try BuiltinRules.controlPlane().groups),
            limits: WindowLimits(duration: nil, bytesMax: bytesMax), attribution: attribution)
    }

    /// 500,000 spans a second in health, and 100,000 with a fault.
    static func run() throws {
        try run(try Workload.capture(Captures.steady), rate: 500_000, seconds: 60, bytesMax: 8 << 30)
        try run(try Workload.capture(Captures.slow), rate: 100_000, seconds: 180, bytesMax: 2 << 30)
    }

    private static func run(_ workload: Workload, rate: Int, seconds: Int64, bytesMax: Int) throws {
        var benchmark = try BuiltinRulesBenchmark(bytesMax: bytesMax)
        var random = SeededGenerator(seed: 6)
        let requests = workload.bodies.map { RenewableRequest($0) }
        let ends = requests.map { benchmark.end(of: $0) }
        let (first, last) = (ends.min() ?? 0, ends.max() ?? 0)
        let copies = rate * Int((last - first) / 1_000_000_000) / workload.spanCount
        let identities = (0..<copies).map { _ in random.next() }
        for (request, end) in zip(requests, ends) where end - first < seconds * 1_000_000_000 {
            var request = request
            for identity in identities { benchmark.receive(&request, as: identity) }
            benchmark.evaluate(at: end)
        }
        print("\nBuilt-in rules, attribution included: \(workload.name), \(copies) at once, \(benchmark.spans) spans")
        benchmark.healthy.report("healthy", interval: interval)
        benchmark.withIncident.report("with an open incident", interval: interval)
    }

    /// When the last span of a request ended, Unix nanoseconds.
    private mutating func end(of request: borrowing RenewableRequest) -> Int64 {
        DecodeBenchmark.decode(request.body, into: &batch)
        return (0..<batch.count).map { batch.end($0) }.max() ?? 0
    }

    private mutating func receive(_ request: inout RenewableRequest, as identity: UInt64) {
        request.renew(identity: identity, shift: 0)
        DecodeBenchmark.decode(request.body, into: &batch)
        request.renew(identity: identity, shift: 0)
        guard batch.count > 0 else { return }
        _ = pipeline.append(batch, arrival: batch.end(batch.count - 1))
        spans += batch.count
    }

    private mutating func evaluate(at clock: Int64) {
        guard pipeline.isEvaluationDue(at: clock) else { return }
        let start = Harness.cpuSeconds()
        _ = pipeline.advance(to: clock)
        let time = Harness.cpuSeconds() - start
        if pipeline.evaluation.incidents.contains(where: \.isOpen) {
            withIncident.times.append(time)
        } else {
            healthy.times.append(time)
        }
    }
}
