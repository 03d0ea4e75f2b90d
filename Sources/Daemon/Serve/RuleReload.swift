import Dispatch
import Foundation
import Logging
import Pipeline
import RuleFiles
import Rules
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Reads the rules again on SIGHUP, on request, and when a link to them points elsewhere: whole, or not at all.
final class RuleReload: Service {
    private let source: RuleSource
    private let pipeline: Pipeline
    private let delivery: Delivery
    private let log: RateLimitedLog
    private let succeeded = Atomic<Bool>(true)
    /// Held while the rules are read and exchanged. What stands in it are the files that were read last.
    private let loaded: Mutex<LinkedFiles>

    private let thread = DispatchQueue(label: "faultline.rule-reload")

    /// Between looks at where links point.
    private static let linkInterval = Duration.seconds(2)

    init(source: RuleSource, rules: RuleSet, pipeline: Pipeline, delivery: Delivery, log: RateLimitedLog) {
        self.source = source
        self.pipeline = pipeline
        self.delivery = delivery
        self.log = log
        loaded = Mutex(LinkedFiles(rules.files + rules.headersFiles))
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

    /// A mounted ConfigMap is a directory of links by way of one that is exchanged as a whole, so that a link which
    /// points elsewhere is never half a change. Files that are edited in place are read when somebody says so.
    private func followLinks() async {
        while true {
            do { try await Task.sleep(for: Self.linkInterval) } catch { return }
            await onThread { [self] in
                guard loaded.withLock({ $0.havePointedElsewhere() }) else { return }
                log.note(.notice, "links to the rules point elsewhere")
                _ = reload()
            }
        }
    }

    /// Runs what reads files: a disk that takes its time must not take a thread from Swift's tasks, of which there are few.
    private func onThread(_ work: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            thread.async {
                work()
                continuation.resume()
            }
        }
    }

    /// Waits for the disk.
    /// - Returns: the problems; nil if there are none.
    func reload() -> String? {
        loaded.withLock { loaded in
            do {
                let rules = try source.load()
                try delivery.replace(rules.sinksOrDefault)
                let dropped = pipeline.replaceRules(rules.groups)
                loaded = LinkedFiles(rules.files + rules.headersFiles)
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
                log.note(.error, "rules not reloaded, the old ones stay") { ["problems": "\(error)"] }
                return "\(error)"
            }
        }
    }
}

/// Where files are found, by all links on the way.
private struct LinkedFiles {
    private var targets: [String: String] = [:]

    init(_ files: [String]) {
        for file in files { targets[file] = Self.target(of: file) }
    }

    /// Whether one is found elsewhere than the last time. One that isn't there just now may be about to be.
    mutating func havePointedElsewhere() -> Bool {
        var haveChanged = false
        for (file, known) in targets {
            guard let target = Self.target(of: file), target != known else { continue }
            targets[file] = target
            haveChanged = true
        }
        return haveChanged
    }

    /// The path without links; nil where there is no such file.
    private static func target(of file: String) -> String? {
        guard let path = unsafe realpath(file, nil) else { return nil }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }
}
