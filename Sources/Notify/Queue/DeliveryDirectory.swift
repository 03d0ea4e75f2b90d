import Foundation

/// Where undelivered alerts are kept: a journal for each sink, and the dead letters of all.
package struct DeliveryDirectory: Sendable {
    private static let prefix = "queue-"
    private static let suffix = ".jsonl"

    let path: String
    let deadLetters: DeadLetters

    /// - Parameter path: of a directory that exists.
    package init(_ path: String, now: (@Sendable () -> Int64)? = nil) {
        self.path = path
        deadLetters = DeadLetters(path: "\(path)/dead-letters\(Self.suffix)", now: now)
    }

    func journal(_ sink: any AlertSink) -> DeliveryJournal {
        DeliveryJournal(path: "\(path)/\(Self.prefix)\(sink.identity)\(Self.suffix)")
    }

    /// A path for the journal of a sink that is no more, while its queue empties: at the next start it is nobody's.
    func farewell(_ sink: any AlertSink) -> String {
        "\(path)/\(Self.prefix)\(sink.identity)-gone-\(UUID().uuidString)\(Self.suffix)"
    }

    /// The journals of sinks that are no more.
    func orphans(besides sinks: [any AlertSink]) -> [(sink: String, journal: DeliveryJournal)] {
        let known = Set(sinks.filter(\.keepsQueue).map(\.identity))
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted().compactMap { name in
            guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
            let identity = String(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count))
            return known.contains(identity) ? nil : (identity, DeliveryJournal(path: "\(path)/\(name)"))
        }
    }
}
