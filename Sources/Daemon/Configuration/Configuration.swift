import API
package import Engine
package import Pipeline
package import Receivers
package import Recording
package import RuleFiles
import Rules

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
