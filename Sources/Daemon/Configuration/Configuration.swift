import API
package import Engine
import OTLP
package import Pipeline
package import Receivers
package import Recording
package import RuleFiles
package import Rules

/// What the daemon is told at its start; everything has a default. See docs/configuration.md.
package struct Configuration: Sendable {
    package var otlpGRPC = ListenAddress(host: "127.0.0.1", port: 4317)
    package var otlpHTTP = ListenAddress(host: "127.0.0.1", port: 4318)
    /// Scrape, health and everything else that is asked of the daemon.
    package var listen = ListenAddress(host: "127.0.0.1", port: 9464)
    package var window = WindowLimits()
    package var receivers = ReceiverLimits()
    /// Bytes of everything together; nil takes what the container allows.
    var memoryLimit: Int?
    /// What the file says of parts of it.
    var explicitMemory: [MemoryBudget.Part: Int] = [:]
    var isBodySizeExplicit = false
    /// The parts, once it is known how much there is (`fit`). A replay has none: what it finds must not depend on the
    /// machine.
    package internal(set) var memory: MemoryBudget?
    package var recording = RecordingSettings()
    /// Where alerts and what could not be delivered yet are kept from one process to the next; nil for nowhere.
    package var stateDirectory: String?
    /// Whether the rules can be read again by a request.
    var enableLifecycle = false
    /// How long after a time the rules are evaluated for it, nanoseconds. Exporters send every five seconds.
    package var evaluationDelay: Int64 = 10_000_000_000
    /// How requests are divided among components.
    package var attribution = AttributionSettings()
    /// Rule files and patterns of them, relative to the working directory; none means the built-in rules.
    package var ruleFiles: [RuleFileName] = []
    /// Where a file says what can be judged only where it runs.
    var places = ConfigurationPlaces()
    /// What a file says that works, but hardly as it was meant.
    var readingWarnings: [RuleDiagnostic] = []
    /// Directories that it names.
    var directories: [FileReference] = []
    /// Labels of every alert that is delivered, but for those that it has itself.
    var externalLabels: [String: String] = [:]
    /// Names by which the scrape, the API and the page are asked for.
    var hosts = AllowedHosts()

    package init() {}
}

/// Where a configuration file says what can be judged only where it runs.
struct ConfigurationPlaces {
    /// nil where there is no file.
    var file: String?
    var addresses: [ListenField: (address: ListenAddress, position: SourcePosition)] = [:]
    /// `limits.memory`.
    var memory: SourcePosition?
    /// The first part of it that is set.
    var memoryPart: SourcePosition?
    /// What is said of an archive that has no directory.
    var archiveSettings: SourcePosition?
}

extension Configuration {
    /// What works, but hardly as it was meant, where it runs.
    /// - Parameter container: bytes that the container allows; nil where it has no limit.
    package func warnings(container: Int?) -> [RuleDiagnostic] {
        guard let file = places.file else { return [] }
        var diagnostics = RuleDiagnostics(file: file)
        if let position = places.archiveSettings, recording.directory == nil {
            diagnostics.warn(
                position,
                "nothing is recorded, since archive has no directory: name one here, or with --archive at the start")
        }
        if let position = places.memory, let memoryLimit, let container, memoryLimit > container {
            diagnostics.warn(
                position,
                "memory \(ByteSize.text(memoryLimit)) is more than the \(ByteSize.text(container)) that the container "
                    + "allows here (memory.max of its control group), which ends the process before it reaches its own "
                    + "limit; leave memory out for 70 % of what there is")
        }
        if let position = places.memoryPart, let excess = memoryExcess(container: container) {
            diagnostics.warn(position, excess.description)
        }
        return (readingWarnings + diagnostics.warnings).sorted { $0.position < $1.position }
    }
}

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
