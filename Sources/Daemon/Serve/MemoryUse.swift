import Pipeline
import Receivers
import Recording
import Scrape
import Traces

/// What each part of the memory budget takes.
struct MemoryUse: Sendable {
    let budget: MemoryBudget
    let bytes: [(part: MemoryBudget.Part, bytes: Int)]

    /// - Parameter recorder: nil if nothing is recorded.
    init(
        _ budget: MemoryBudget, pipeline: Pipeline, bodies: RecentBodies, admission: Admission,
        recorder: ArchiveRecorder?
    ) {
        self.budget = budget
        let window = pipeline.windowGauges()
        bytes = [
            (.window, window.bytes + window.bytesHeld), (.history, window.historyBytes),
            (.traces, bodies.use.byteCount),
            (.attribution, window.attributionBytes), (.rules, pipeline.evaluation.countByteCount),
            (.ingest, admission.bytesInFlight), (.archive, recorder?.queueBytes ?? 0),
        ]
    }

    static let metrics = MetricTable<MemoryUse>([
        .gauge("faultline_memory_limit_bytes", unit: "bytes", help: "Memory limit of the whole process.") {
            $0.budget.limit
        },
        .family(
            "faultline_memory_part_limit_bytes", .gauge, unit: "bytes", labels: ["part"],
            help: "Memory limit of each part."
        ) { memory, exposition in
            for part in MemoryBudget.Part.allCases {
                exposition.sample(Double(memory.budget[part]), [part.rawValue])
            }
        },
        .family(
            "faultline_memory_bytes", .gauge, unit: "bytes", labels: ["part"],
            help: "Memory taken by each part; the window's includes evicted spans that readers still hold."
        ) { memory, exposition in
            for (part, bytes) in memory.bytes { exposition.sample(Double(bytes), [part.rawValue]) }
        },
    ])
}
