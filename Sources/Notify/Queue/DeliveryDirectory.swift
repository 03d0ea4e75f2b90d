import Dispatch
import Foundation
import Rules
import Support
import Synchronization

/// The directory of undelivered alerts: a journal for each sink, and one file of dead letters.
package struct DeliveryDirectory: Sendable {
    private static let prefix = "queue-"
    private static let suffix = ".jsonl"

    let path: String
    let deadLetters: DeadLetters
    private let files: DurableFiles

    /// - Parameters:
    ///   - path: an existing directory.
    ///   - now: the clock for dead letters, in nanoseconds since the epoch.
    package init(_ path: String, files: DurableFiles = .system, now: (@Sendable () -> Int64)? = nil) {
        self.path = path
        self.files = files
        deadLetters = DeadLetters(
            path: "\(path)/dead-letters\(Self.suffix)", files: files, now: now ?? SinkClock.system)
    }

    func journal(_ sink: any AlertSink) -> DeliveryJournal { journal(sink.identity) }

    private func journal(_ identity: String) -> DeliveryJournal {
        DeliveryJournal(path: "\(path)/\(Self.prefix)\(identity)\(Self.suffix)", files: files)
    }

    /// A path for the journal of a removed sink while its queue empties. At the next start it counts as an orphan.
    func removedJournalPath(_ sink: any AlertSink) -> String {
        "\(path)/\(Self.prefix)\(sink.identity)-removed-\(UUID().uuidString)\(Self.suffix)"
    }

    /// The journals of sinks that no longer exist.
    func orphans(besides sinks: [any AlertSink]) -> [(sink: String, journal: DeliveryJournal)] {
        let known = Set(sinks.filter(\.keepsQueue).map(\.identity))
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted().compactMap { name in
            guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
            let identity = String(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count))
            return known.contains(identity) ? nil : (identity, journal(identity))
        }
    }
}
