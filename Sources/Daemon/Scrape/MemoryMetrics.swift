import Pipeline
import Scrape

/// What the scrape says about the memory there is and who takes it.
struct MemoryMetrics: Sendable {
    let budget: MemoryBudget
    let window: WindowGauges
    /// Bytes of the rules' counts.
    let counts: Int
    let inFlight: Int
    let archive: Int

    static let table = MetricTable<MemoryMetrics>([
        .gauge("faultline_memory_limit_bytes", unit: "bytes", help: "Memory that everything together may take.") {
            $0.budget.limit
        },
        .family(
            "faultline_memory_part_limit_bytes", .gauge, unit: "bytes", labels: ["part"],
            help: "What each part of the memory may take."
        ) { memory, exposition in
            for part in MemoryBudget.Part.allCases {
                exposition.sample(Double(memory.budget[part]), [part.rawValue])
            }
        },
        .family(
            "faultline_memory_bytes", .gauge, unit: "bytes", labels: ["part"],
            help: "What parts of the memory take; of the window also what readers hold of spans that left it."
        ) { memory, exposition in
            for (part, bytes) in memory.taken { exposition.sample(Double(bytes), [part.rawValue]) }
        },
    ])

    private var taken: [(MemoryBudget.Part, Int)] {
        [
            (.window, window.bytes + window.bytesHeld), (.history, window.historyBytes),
            (.attribution, window.attributionBytes), (.rules, counts), (.ingest, inFlight), (.archive, archive),
        ]
    }
}
