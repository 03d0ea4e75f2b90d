import Engine
import TestSupport

/// What attribution adds to decoding: requests divided among components as the slots settle.
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
            "  attribution takes \(number(100 * taken, 0)) % of what decoding alone costs, as slots settle it adds "
                + "\(number(100 * added, 0)) %")
        read(workload, view)
    }

    /// What was found out, against statistics of the spans' durations.
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

    /// Appends all batches in order of arrival and attributes slots as they settle; gives back how many requests were.
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
        for (start, attribution) in attributor.settle(window.view(), at: clock) {
            window.attach(attribution, toSlotFrom: start)
        }
    }
}
