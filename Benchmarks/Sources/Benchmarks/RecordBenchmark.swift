import Archive
import Engine

/// What recording adds to a span: on the event loop, which copies the request, and on the recording thread, which
/// compresses it with two checksums.
enum RecordBenchmark {
    static func run(_ workload: Workload) {
        var batch = SpanBatch()
        var other = SpanBatch()
        var written = 0
        let results = Harness().measure([
            .init(name: "decode and append") { AppendBenchmark.append(workload, &batch) },
            .init(name: "copy, range of ends") { copy(workload, &other) },
            .init(name: "frames with checksums") { written = write(workload) },
        ])
        ResultTable("Record: \(workload.name)", items: workload.spanCount, bytes: workload.byteCount)
            .print(results, against: 0)
        print("  the frames are \(number(Double(workload.byteCount) / Double(written), 2)) times smaller")
    }

    /// As the event loop does; the batch stands for the one that was just decoded.
    private static func copy(_ workload: Workload, _ batch: inout SpanBatch) {
        if batch.count == 0, let first = workload.bodies.first { DecodeBenchmark.decode(first, into: &batch) }
        for body in workload.bodies {
            let copy = unsafe body.span.bytes.withUnsafeBytes { unsafe [UInt8]($0) }
            precondition(copy.count == body.count && batch.ends() != nil)
        }
    }

    private static func write(_ workload: Workload) -> Int {
        var writer = ArchiveWriter(RecordingStart(recording: RecordingID(low: 1, high: 1), time: 1, firstSequence: 0))
        for (number, body) in workload.bodies.enumerated() {
            unsafe writer.append(
                body.span.bytes, sequence: UInt64(number), arrival: 1, spans: 512, spanEnds: 1...2)
            _ = writer.takeOutput()
        }
        writer.finish()
        return writer.byteCount
    }
}
