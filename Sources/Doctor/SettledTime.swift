import Engine

/// The time of which all senders have told: neither the newest seconds, whose spans are on their way from some of them, nor what
/// was before one of them began.
package enum SettledTime {
    /// How long after its end a span has arrived, nanoseconds: exporters send every five seconds, collectors hold spans back too.
    static let delay: Int64 = 30_000_000_000
    /// How long it is at most, nanoseconds.
    private static let longest: Int64 = 300_000_000_000

    /// Unix nanoseconds; nil while there is none.
    package static func range(_ sources: [HeardSources.Source], now: Int64) -> Range<Int64>? {
        let clusters = Dictionary(grouping: sources, by: \.cluster).values
        let senders = clusters.flatMap { Replacements.current($0) }.filter {
            [.apiServer, .etcd].contains($0.knownRole)
        }
        let end = now - delay
        let start = max(end - longest, senders.map(\.firstEnd).max() ?? 0)
        return start < end ? start..<end : nil
    }
}
