import Engine
import OTLP
import Pipeline
import Receivers
import Rules

extension Configuration {
    /// Divides the memory there is among all that take some.
    ///
    /// - Parameter container: bytes that the container allows; nil where it has no limit.
    /// - Throws: that the parts are more than there is, with the place of the first where a file says it.
    package mutating func fit(container: Int?) throws {
        let budget: MemoryBudget
        do {
            budget = try memoryBudget(container: container)
        } catch {
            guard let file = places.file, let position = places.memoryPart else {
                throw StartError(description: "the parts of memory don't fit: \(error)")
            }
            var diagnostics = RuleDiagnostics(file: file)
            diagnostics.report(position, error.description)
            throw diagnostics
        }
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

    /// Why the parts don't fit into the memory there is; nil where they do.
    func memoryExcess(container: Int?) -> MemoryBudget.Excess? {
        do {
            _ = try memoryBudget(container: container)
            return nil
        } catch {
            return error
        }
    }

    private func memoryBudget(container: Int?) throws(MemoryBudget.Excess) -> MemoryBudget {
        let limit = memoryLimit ?? MemoryBudget.defaultLimit(container: container, explicit: explicitMemory)
        return try MemoryBudget(limit: limit, explicit: explicitMemory)
    }
}
