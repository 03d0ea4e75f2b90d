import Synchronization

/// Counts of `faultline_notifications_total{sink,outcome}`.
package final class DeliveryCounters: Sendable {
    package struct Row: Hashable, Sendable {
        package var sink: String
        package var outcome: DeliveryOutcome
        package var count: Int
    }

    private struct Key: Hashable {
        var sink: String
        var outcome: DeliveryOutcome
    }

    private let counts = Mutex<[Key: Int]>([:])

    init() {}

    func add(_ count: Int, _ sink: String, _ outcome: DeliveryOutcome) {
        counts.withLock { $0[Key(sink: sink, outcome: outcome), default: 0] += count }
    }

    /// All outcomes of the given sinks, also those that never happened: a counter that appears with its first
    /// failure can't be watched for it.
    func rows(of sinks: [String]) -> [Row] {
        let counts = counts.withLock { $0 }
        return sinks.flatMap { sink in
            DeliveryOutcome.allCases.map { outcome in
                Row(sink: sink, outcome: outcome, count: counts[Key(sink: sink, outcome: outcome)] ?? 0)
            }
        }
    }
}
