import Engine
import TestSupport

/// The cost of attribution on top of decoding, as slots settle.
enum AttributionBenchmark {
    static func run(_ workload: Workload) {
        var alone = SpanBatch()
        var batch = SpanBatch()
        let view = filled(workload)
        let results = Harness(rounds: 11).measure([
            .init(name: "decode alone") { DecodeBenchmark.decode(workload, into: &alone) },
            .init(name: "attribute alone") {
                var attributor = Attributor()
                _ = attributor.settle(view, at: .max)
            },
            .init(name: "decode, append") { _ = flow(workload, &batch, attributes: false) },
            .init(name: "decode, append, attribute") { _ = flow(workload, &batch, attributes: true) },
        ])
        ResultTable("Attribution: \(workload.name)", items: workload.spanCount).print(results, against: 0)
        let taken = results[1].seconds / results[0].seconds
        let added = (results[3].seconds - results[2].seconds) / results[0].seconds
        print(
            "  attribution alone costs \(number(100 * taken, 0)) % of decoding alone; as slots settle it adds "
                + "\(number(100 * added, 0)) %")
        read(workload, view)
    }

    /// Statistics of self times against those of durations.
    private static func read(_ workload: Workload, _ view: WindowView) {
        var attributor = Attributor()
        let attributed = attributor.attributed(view)
        let results = Harness(rounds: 51).measure([
            .init(name: "durations by operation") { _ = attributed.operationSummaries() },
            .init(name: "self times by operation") { _ = attributed.selfTimeSummaries() },
        ])
        ResultTable("Statistics: \(workload.name)", items: workload.spanCount).print(results, against: 0)
    }

    static func runOnce(_ workload: Workload) {
        var batch = SpanBatch()
        print(flow(workload, &batch, attributes: true))
    }

    private static func filled(_ workload: Workload) -> WindowView {
        var batch = SpanBatch()
        var window = Window(limits: WindowLimits(duration: nil))
        AppendBenchmark.append(workload, &batch, to: &window)
        return window.view()
    }

    /// Appends all batches in order of arrival and attributes slots as they settle. Returns the number of attributed
    /// requests.
    private static func flow(_ workload: Workload, _ batch: inout SpanBatch, attributes: Bool) -> Int {
        var attributor = Attributor()
        var window = Window(limits: WindowLimits(duration: nil))
        var next = Int64.min
        for body in workload.bodies {
            DecodeBenchmark.decode(body, into: &batch)
            guard batch.count > 0 else { continue }
            let clock = batch.end(batch.count - 1)
            _ = window.append(batch, arrival: clock, evaluatedUpTo: .min)
            guard clock >= next, attributes else { continue }
            next = clock + Window.slotWidth
            settle(&window, &attributor, at: clock)
        }
        if attributes { settle(&window, &attributor, at: .max) }
        return attributor.totals.requestCount
    }

    private static func settle(_ window: inout Window, _ attributor: inout Attributor, at clock: Int64) {
        for slot in attributor.settle(window.view(), at: clock) {
            window.attach(slot)
        }
    }
}

/// Attribution with a million spans in flight: the cost per span, and the memory of requests that have not settled.
struct InFlightBenchmark: ~Copyable {
    /// This many clusters send about 33,000 spans a second: a million in the half minute until slots settle.
    private static let copies = 86
    private static let spansMax = 4_000_000

    private var attributor = Attributor()
    private var window = Window(limits: WindowLimits(duration: nil, bytesMax: 8 << 30))
    private var batch = SpanBatch()
    private var received = Count()
    private var attributed = Count()
    private var most = Count()
    private var bytesMax = 0
    /// CPU seconds.
    private var decoding = 0.0
    private var attributing = 0.0

    private struct Count {
        var spans = 0
        var requests = 0
    }

    private init() {}

    static func run(_ workload: Workload) {
        var benchmark = InFlightBenchmark()
        var random = SeededGenerator(seed: 5)
        let identities = (0..<copies).map { _ in random.next() }
        var next = Int64.min
        for body in workload.bodies where benchmark.received.spans < spansMax {
            var request = RenewableRequest(body)
            var clock = Int64.min
            for identity in identities { clock = max(clock, benchmark.receive(&request, as: identity)) }
            guard clock >= next else { continue }
            next = clock + Window.slotWidth
            benchmark.settle(at: clock)
        }
        benchmark.report()
    }

    /// Returns when the last span ended.
    private mutating func receive(_ request: inout RenewableRequest, as identity: UInt64) -> Int64 {
        request.renew(identity: identity, shift: 0)
        let start = Harness.cpuSeconds()
        DecodeBenchmark.decode(request.body, into: &batch)
        decoding += Harness.cpuSeconds() - start
        // Renewing twice restores the original.
        request.renew(identity: identity, shift: 0)
        guard batch.count > 0 else { return .min }
        let clock = batch.end(batch.count - 1)
        _ = window.append(batch, arrival: clock, evaluatedUpTo: .min)
        received.spans += batch.count
        for index in 0..<batch.count {
            let row = batch.columns.row(index)
            if row.request > 0, !row.flags.isLongRunning { received.requests += 1 }
        }
        return clock
    }

    private mutating func settle(at clock: Int64) {
        let view = window.view()
        let start = Harness.cpuSeconds()
        let settled = attributor.settle(view, at: clock)
        attributing += Harness.cpuSeconds() - start
        for slot in settled {
            attributed.spans += slot.attribution.rowCount
            window.attach(slot)
        }
        attributed.requests = attributor.totals.requestCount
        guard attributed.spans > 0 else { return }
        bytesMax = max(bytesMax, attributor.byteCount)
        most.spans = max(most.spans, received.spans - attributed.spans)
        most.requests = max(most.requests, received.requests - attributed.requests)
    }

    private func report() {
        let decode = decoding / Double(received.spans) * 1e9
        let attribute = attributing / Double(attributed.spans) * 1e9
        print("\nAttribution: \(most.spans) spans in flight, of \(most.requests) requests")
        print("  decode              \(number(decode, 1)) ns/span")
        print("  attribute           \(number(attribute, 1)) ns/span, \(number(100 * attribute / decode, 0)) %")
        print(
            "  working memory      \(number(Double(bytesMax) / 1e6, 1)) MB: "
                + "\(number(Double(bytesMax) / Double(most.requests), 0)) B per open request")
        let spans = Double(window.byteCount) / Double(window.spanCount)
        print("  in the window       \(number(spans, 0)) B a span, attribution included")
    }
}
