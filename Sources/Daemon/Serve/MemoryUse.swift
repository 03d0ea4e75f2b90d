import Pipeline
import Receivers
import Recording
import Scrape
import Traces

/// What each part of the memory budget takes.
struct MemoryUse: Sendable {
    let budget: MemoryBudget
    let bytes: [(part: MemoryBudget.Part, bytes: Int)]
    let bodies: RecentBodies.Use
    let keptTraces: KeptTraces.Use

    /// - Parameter recorder: nil if nothing is recorded.
    init(
        _ budget: MemoryBudget, pipeline: Pipeline, bodies: RecentBodies, keptTraces: KeptTraces,
        admission: Admission, recorder: ArchiveRecorder?
    ) {
        self.budget = budget
        let window = pipeline.windowGauges()
        self.bodies = bodies.use
        self.keptTraces = keptTraces.use
        bytes = [
            (.window, window.bytes + window.bytesHeld), (.history, window.historyBytes),
            (.traces, self.bodies.byteCount + self.keptTraces.byteCount),
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
        .optional(
            "faultline_traces_oldest_timestamp_seconds", .gauge, unit: "seconds",
            help: "Since when traces are kept with everything that their spans carry, Unix time.",
            if: "any are kept"
        ) { $0.bodies.oldest.map { Double($0) / 1e9 } },
        .gauge(
            "faultline_traces_kept",
            help: "Traces of active alerts and open incidents that are kept with everything that their spans carry."
        ) { $0.keptTraces.count },
        .counter(
            "faultline_traces_dropped_requests",
            help: "Export requests that were not kept for traces because each is larger than all that may be kept."
        ) { $0.bodies.dropped },
    ])
}
