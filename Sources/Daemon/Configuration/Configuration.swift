import API
package import Engine
import OTLP
package import Pipeline
import Live
package import Receivers
package import Recording
import RuleFiles
import Rules
import Support
package import YAML

/// The daemon's configuration; everything has a default. See docs/configuration.md.
package struct Configuration: Sendable {
    package var otlpGRPC = ListenAddress(host: "127.0.0.1", port: 4317)
    package var otlpHTTP = ListenAddress(host: "127.0.0.1", port: 4318)
    /// Scrape, health and API.
    package var listen = ListenAddress(host: "127.0.0.1", port: 9464)
    /// Jaeger's query API by itself; nil for none.
    package var jaeger: ListenAddress?
    /// Certificates and tokens that listeners have of their own: see `accessFiles`.
    var access: [ListenField: AccessFiles] = [:]
    /// Whether anyone may use a listener that other machines can reach.
    package var insecureListen = false
    package var window = WindowLimits()
    package var receivers = ReceiverLimits()
    /// `limits.memory` in bytes; nil derives it from the container.
    var memoryLimit: Int?
    /// Parts that the file sets.
    var explicitMemory: [MemoryBudget.Part: Int] = [:]
    var isBodySizeExplicit = false
    /// The parts, once the available memory is known (`fit`). nil in a replay, whose result must not depend on the
    /// machine.
    var memory: MemoryBudget?
    package var recording = RecordingSettings()
    /// Where alerts and undelivered notifications survive the process; nil for nowhere.
    package var stateDirectory: String?
    /// Whether requests may reload the rules.
    var enableLifecycle = false
    /// How long after a time the rules are evaluated for it, in nanoseconds. Exporters send every five seconds.
    package var evaluationDelay: Int64 = 10_000_000_000
    /// How requests are divided among components.
    package var attribution = AttributionSettings()
    /// Rule files and patterns; empty means the built-in rules.
    var ruleFiles: [RuleFileName] = []
    /// Positions in the file of settings that only the running machine can judge.
    var positions = ConfigurationPositions()
    /// Warnings found while reading: settings that work but are hardly intended.
    var readingWarnings: [Diagnostic] = []
    /// Directories that the file names.
    var directories: [FileReference] = []
    /// Added to every delivered alert that lacks the label.
    var externalLabels: [String: String] = [:]
    /// How users reach the page; nil if nothing says so.
    var externalURL: String?
    /// Host names under which the scrape and the API are reachable.
    var hosts = AllowedHosts()

    package init() {}
}

/// Positions in a configuration file of settings that only the running machine can judge.
struct ConfigurationPositions {
    /// nil without a file.
    var file: String?
    var addresses: [ListenField: (address: ListenAddress, position: SourcePosition)] = [:]
    /// `limits.memory`.
    var memory: SourcePosition?
    /// The first setting of a part of the memory.
    var memoryPart: SourcePosition?
    /// `archive`, if it has no directory.
    var archiveSettings: SourcePosition?
}

extension Configuration {
    /// All warnings, including those that depend on this machine.
    /// - Parameter container: the container's memory limit in bytes; nil without one.
    package func warnings(container: Int?) -> [Diagnostic] {
        guard let file = positions.file else { return [] }
        var diagnostics = Diagnostics(file: file)
        if let position = positions.archiveSettings, recording.directory == nil {
            diagnostics.warn(
                position,
                "nothing is recorded, because archive has no directory: set one here, or use --archive")
        }
        if let position = positions.memory, let memoryLimit, let container, memoryLimit > container {
            diagnostics.warn(
                position,
                "memory \(ByteSize.text(memoryLimit)) is more than the \(ByteSize.text(container)) that the container "
                    + "allows here (memory.max of its control group): the kernel would kill the process before it reaches its "
                    + "own limit; omit memory to use 70 % of what the container allows")
        }
        if let position = positions.memoryPart, let excess = memoryExcess(container: container) {
            diagnostics.warn(position, excess.description)
        }
        return (readingWarnings + diagnostics.warnings).sorted { $0.position < $1.position }
    }
}

extension Configuration {
    /// Certificates that clients refuse now. serve says it in its log, also of those that expire later.
    package var certificateWarnings: [Diagnostic] {
        guard let file = positions.file else { return [] }
        var diagnostics = Diagnostics(file: file)
        warnOfCertificates(now: WallClock.seconds, &diagnostics)
        return diagnostics.warnings
    }

    /// Divides the available memory among its parts.
    ///
    /// - Parameter container: the container's memory limit in bytes; nil without one.
    /// - Throws: if the parts exceed the limit, with the position of the first one that the file sets.
    package mutating func fit(container: Int?) throws {
        let budget: MemoryBudget
        do {
            budget = try memoryBudget(container: container)
        } catch {
            guard let file = positions.file, let position = positions.memoryPart else {
                throw StartError(description: "the parts of memory don't fit: \(error)")
            }
            var diagnostics = Diagnostics(file: file)
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

    /// Why the parts don't fit into the limit; nil if they do.
    func memoryExcess(container: Int?) -> MemoryBudget.ExceededError? {
        do {
            _ = try memoryBudget(container: container)
            return nil
        } catch {
            return error
        }
    }

    private func memoryBudget(container: Int?) throws(MemoryBudget.ExceededError) -> MemoryBudget {
        let limit = memoryLimit ?? MemoryBudget.defaultLimit(container: container, explicit: explicitMemory)
        return try MemoryBudget(limit: limit, explicit: explicitMemory)
    }
}
