import Engine

/// What attribution adds to decoding: requests divided among components and self times, as the slots settle.
enum AttributionBenchmark {
    static func run(_ workload: Workload) {
        var alone = SpanBatch()
        var batch = SpanBatch()
        let results = Harness().measure([
            .init(name: "decode alone") { DecodeBenchmark.decode(workload, into: &alone) },
            .init(name: "decode, append") { _ = flow(workload, &batch, attributes: false) },
            .init(name: "decode, append, attribute") { _ = flow(workload, &batch, attributes: true) },
        ])
        ResultTable("Attribution: \(workload.name)", items: workload.spanCount, bytes: workload.byteCount)
            .print(results, against: 0)
        let added = (results[2].seconds - results[1].seconds) / results[0].seconds
        print("  attribution adds \(number(100 * added, 0)) % of what decoding alone costs")
    }

    static func runOnce(_ workload: Workload) {
        var batch = SpanBatch()
        for _ in 0..<1 { print(flow(workload, &batch, attributes: true)) }
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
            for (start, attribution) in attributor.settle(window.view(), at: clock) {
                window.attach(attribution, toSlotFrom: start)
            }
        }
        return attributor.totals.requestCount
    }
}
