import Dispatch
import Foundation
import Logging
import Pipeline
import RuleFiles
import Rules
import Support
import ServiceLifecycle
import Synchronization
import Scrape
import UnixSignals

/// Reloads the rules on SIGHUP, on request, and when a symbolic link to them changes: all of them or none.
final class RuleReload: Service {
    private let source: RuleSource
    private let pipeline: Pipeline
    private let delivery: Delivery
    private let log: RateLimitedLog
    private let succeeded = Atomic<Bool>(true)
    /// The files read last. Locked while rules are read and replaced.
    private let loaded: Mutex<LinkedFiles>

    private let thread = DispatchQueue(label: "faultline.rule-reload")

    /// Interval of link checks.
    private static let linkInterval = Duration.seconds(2)

    init(source: RuleSource, rules: RuleSet, pipeline: Pipeline, delivery: Delivery, log: RateLimitedLog) {
        self.source = source
        self.pipeline = pipeline
        self.delivery = delivery
        self.log = log
        loaded = Mutex(LinkedFiles(rules.files + rules.sinkFiles))
    }

    /// The value of `faultline_config_last_reload_successful`.
    var lastSucceeded: Bool { succeeded.load(ordering: .relaxed) }

    func run() async throws {
        await withTaskGroup { group in
            group.addTask {
                let signals = await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown()
                for await _ in signals { await self.onThread { _ = self.reload() } }
            }
            group.addTask { await cancelWhenGracefulShutdown { await self.followLinks() } }
        }
    }

    /// Kubernetes updates a mounted ConfigMap by replacing one symbolic link, so a changed link never shows half an
    /// update. Files edited in place need SIGHUP or a request.
    private func followLinks() async {
        while true {
            do { try await Task.sleep(for: Self.linkInterval) } catch { return }
            await onThread { [self] in
                guard loaded.withLock({ $0.havePointedElsewhere() }) else { return }
                log.note(.notice, "symbolic links to the rules have changed")
                _ = reload()
            }
        }
    }

    /// Runs blocking file access on its own thread. A slow disk must not occupy one of Swift's few task threads.
    private func onThread(_ work: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            thread.async {
                work()
                continuation.resume()
            }
        }
    }

    /// Reloads the rules. Blocks on the disk.
    /// - Returns: the problems; nil if there are none.
    func reload() -> String? {
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
                log.note(.error, "rules not reloaded; the old ones stay in force") { ["problems": "\(error)"] }
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
    static let metrics = MetricTable<RuleReload>([
        .flag(
            "faultline_config_last_reload_successful", help: "Whether the last reload of the rules succeeded."
        ) { $0.lastSucceeded }
    ])
}
