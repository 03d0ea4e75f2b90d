import Live
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
    let keptTraces: [(reason: String, use: KeptTraces.Use)]

    /// - Parameter recorder: nil if nothing is recorded.
    init(
        _ budget: MemoryBudget, pipeline: Pipeline, bodies: RecentBodies, keptTraces: TracesKept,
        admission: Admission, recorder: ArchiveRecorder?
    ) {
        self.budget = budget
        let window = pipeline.windowGauges()
        self.bodies = bodies.use
        self.keptTraces = [("named", keptTraces.named.use), ("notable", keptTraces.notable.use)]
        bytes = [
            (.window, window.bytes + window.bytesHeld), (.history, window.historyBytes),
            (.traces, self.keptTraces.reduce(self.bodies.byteCount) { $0 + $1.use.byteCount }),
            (.attribution, window.attribution.bytes), (.rules, pipeline.evaluation.countByteCount),
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
            help: "Since when traces are kept with attributes, events and messages, in seconds since the epoch.",
            if: "any are kept"
        ) { $0.bodies.oldest.map { Double($0) / 1e9 } },
        .family(
            "faultline_traces_kept", .gauge, labels: ["reason"],
            help: "Traces kept with attributes, events and messages beyond the export requests that they arrived in: "
                + "those of active alerts and open incidents (named), the slowest and failed of their kind (notable)."
        ) { memory, exposition in
            for (reason, use) in memory.keptTraces { exposition.sample(Double(use.count), [reason]) }
        },
        .counter(
            "faultline_traces_dropped_requests",
            help: "Export requests not kept for traces because each alone exceeds the memory for traces."
        ) { $0.bodies.dropped },
    ])
}
