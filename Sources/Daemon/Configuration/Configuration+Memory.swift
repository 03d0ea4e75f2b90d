import Engine
import OTLP
import Receivers

extension Configuration {
    /// Divides the memory there is among all that take some.
    ///
    /// - Parameter container: bytes that the container allows; nil where it has no limit.
    package mutating func fit(container: Int?) throws(MemoryBudget.Excess) {
        let limit = memoryLimit ?? MemoryBudget.defaultLimit(container: container, explicit: explicitMemory)
        let budget = try MemoryBudget(limit: limit, explicit: explicitMemory)
        window.bytesMax = explicitMemory[.window] ?? budget.windowBytes
        window.history.bytesMax = budget[.history]
        receivers.bytesInFlight = budget[.ingest]
        if !isBodySizeExplicit {
            receivers.bodyBytes = budget.bodyBytes
            receivers.wireBytes = receivers.bodyBytes
        }
        attribution.portionRows = budget.portionRows
        memory = budget
    }
}
