import Foundation
import Logging
package import Pipeline
package import RuleFiles
import Rules
package import Scrape
import ServiceLifecycle
import Support
import Synchronization
import UnixSignals

/// Reloads the rules on SIGHUP, on request, and when a symbolic link to them changes: all of them or none.
package final class RuleReload: Service {
    private let source: RuleSource
    private let pipeline: Pipeline
    private let delivery: Delivery
    private let log: RateLimitedLog
    private let succeeded = Atomic<Bool>(true)
    /// The files read last. Locked while rules are read and replaced.
    private let loaded: Mutex<LinkedFiles>

    private let thread = WorkThread("faultline.rule-reload")

    /// Interval of link checks.
    private static let linkInterval = Duration.seconds(2)

    package init(source: RuleSource, rules: RuleSet, pipeline: Pipeline, delivery: Delivery, log: RateLimitedLog) {
        self.source = source
        self.pipeline = pipeline
        self.delivery = delivery
        self.log = log
        loaded = Mutex(LinkedFiles(rules.files + rules.sinkFiles))
    }

    /// The value of `faultline_config_last_reload_successful`.
    var lastSucceeded: Bool { succeeded.load(ordering: .relaxed) }

    package func run() async throws {
        await withTaskGroup { group in
            group.addTask {
                let signals = await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown()
                for await _ in signals { await self.thread.run { _ = self.reload() } }
            }
            group.addTask { await self.thread.repeat(every: Self.linkInterval) { self.followLinks() } }
        }
    }

    /// Kubernetes updates a mounted ConfigMap by replacing one symbolic link, so a changed link never shows half an
    /// update. Files edited in place need SIGHUP or a request.
    private func followLinks() {
        guard loaded.withLock({ $0.havePointedElsewhere() }) else { return }
        log.note(.notice, "symbolic links to the rules have changed")
        _ = reload()
    }

    /// Reloads the rules. Blocks on the disk.
    /// - Returns: the problems; nil if there are none.
    package func reload() -> String? {
        loaded.withLock { loaded in
            do {
                let rules = try source.load()
                try delivery.replace(rules.sinksOrDefault)
                let dropped = pipeline.replaceRules(rules.groups)
                loaded = LinkedFiles(rules.files + rules.sinkFiles)
                succeeded.store(true, ordering: .relaxed)
                log.note(.notice, "rules reloaded") {
                    [
                        "rules": "\(rules.groups.reduce(0) { $0 + $1.rules.count })",
                        "alerts_dropped": "\(dropped.count)",
                    ]
                }
                return nil
            } catch {
                succeeded.store(false, ordering: .relaxed)
                // A new attempt with other problems is news, however soon.
                log.note(.error, "rules not reloaded; the old ones stay in force", cause: "\(error)") {
                    ["problems": "\(error)"]
                }
                return "\(error)"
            }
        }
    }
}

/// Files and their targets after following all links.
private struct LinkedFiles {
    private var targets: [String: String] = [:]

    init(_ files: [String]) {
        for file in files { targets[file] = FilePath.resolved(file) }
    }

    /// Whether a target has changed since the last call. A missing file is ignored, since an update may be in progress.
    mutating func havePointedElsewhere() -> Bool {
        var haveChanged = false
        for (file, known) in targets {
            guard let target = FilePath.resolved(file), target != known else { continue }
            targets[file] = target
            haveChanged = true
        }
        return haveChanged
    }
}

extension RuleReload {
    package static let metrics = MetricTable<RuleReload>([
        .flag(
            "faultline_config_last_reload_successful", help: "Whether the last reload of the rules succeeded."
        ) { $0.lastSucceeded }
    ])
}
