import Engine

/// What a span costs from the wire to its place in the window: latency bucket, names, duplicates and totals included.
enum AppendBenchmark {
    static func run(_ workload: Workload) {
        var alone = SpanBatch()
        var batch = SpanBatch()
        let results = Harness().measure([
            .init(name: "decode alone") { DecodeBenchmark.decode(workload, into: &alone) },
            .init(name: "decode and append") { append(workload, &batch) },
        ])
        ResultTable("Append: \(workload.name)", items: workload.spanCount, bytes: workload.byteCount)
            .print(results, against: 0)
    }

    static func append(_ workload: Workload, _ batch: inout SpanBatch) {
        var window = Window(limits: WindowLimits(duration: nil))
        append(workload, &batch, to: &window)
    }

    static func append(_ workload: Workload, _ batch: inout SpanBatch, to window: inout Window) {
        for body in workload.bodies {
            DecodeBenchmark.decode(body, into: &batch)
            _ = window.append(batch, arrival: .max - 1_000_000_000_000, evaluatedUpTo: .min)
        }
    }
}
