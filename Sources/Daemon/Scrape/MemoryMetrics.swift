import Scrape
import Pipeline

/// What the scrape says about the memory there is and who takes it.
struct MemoryMetrics {
    let budget: MemoryBudget
    let window: WindowGauges
    /// Bytes of the rules' counts.
    let counts: Int
    let inFlight: Int
    let archive: Int

    func write(to exposition: inout Exposition) {
        exposition.family(
            "faultline_memory_limit_bytes", .gauge, unit: "bytes", help: "Memory that everything together may take.")
        exposition.gauge(Double(budget.limit))
        exposition.family(
            "faultline_memory_part_limit_bytes", .gauge, unit: "bytes", help: "What each part of the memory may take.")
        for part in MemoryBudget.Part.allCases {
            exposition.gauge(Double(budget[part]), [("part", part.rawValue)])
        }
        exposition.family(
            "faultline_memory_bytes", .gauge, unit: "bytes",
            help: "What parts of the memory take; of the window also what readers hold of spans that left it.")
        for (part, bytes) in taken { exposition.gauge(Double(bytes), [("part", part.rawValue)]) }
    }

    private var taken: [(MemoryBudget.Part, Int)] {
        [
            (.window, window.bytes + window.bytesHeld), (.history, window.historyBytes),
            (.attribution, window.attributionBytes), (.rules, counts), (.ingest, inFlight), (.archive, archive),
        ]
    }
}
