import Receivers
import Recording
package import Rules

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
