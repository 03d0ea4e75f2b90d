import Dispatch
package import Engine
package import Pipeline
package import Rules
package import Support
import Synchronization

/// What `replay --format json` prints, and the query API in parts. Durations in seconds.
package struct Report: Encodable, Sendable {
    package var spans: SpansRow
    /// RFC 3339; null if no span was accepted.
    @OrNull var first: String?
    @OrNull package var last: String?
    /// The earliest span end. Rates are over the time from here to the last end, since a watch may have begun long
    /// before.
    package var firstEnd: String?
    package var operations: [OperationRow]
    package var requests: [RequestRow]
    package var sources: [SourceRow]
    package var alerts: [AlertJSON]
    package var incidents: [IncidentJSON]
    /// Present when two sets of rules are compared.
    package var comparison: [RuleComparison.Row]?
    /// Present if the daemon that recorded the spans was restarted.
    package var runs: [RunRow]?
    /// Not in JSON: alerts and incidents, by id, that ended with the daemon that knew them.
    package var stoppedAlerts: Set<AlertJSON> = []
    package var stoppedIncidents: Set<String> = []

    private enum CodingKeys: String, CodingKey {
        case spans, first, firstEnd = "first_end", last, operations, requests, sources, alerts, incidents, comparison
        case runs
    }

    /// - Parameter from: the start of the requested range, Unix nanoseconds.
    package init(
        _ summary: PipelineSummary, from: Int64 = .min, alerts: [AlertJSON], incidents: [IncidentJSON] = [],
        comparison: RuleComparison? = nil
    ) {
        let ends = summary.ends
        spans = SpansRow(summary.counts, summary.unattributed)
        first = ends.map { _ in Timestamp.rfc3339(max(summary.totals.firstStart, from)) }
        firstEnd = ends.map { Timestamp.rfc3339($0.lowerBound) }
        last = ends.map { Timestamp.rfc3339($0.upperBound) }
        (operations, requests) = Self.rows(of: summary)
        sources = SourceRow.rows(of: summary.sources)
        self.alerts = alerts
        self.incidents = incidents
        self.comparison = comparison?.rows
    }
}

/// A run of a daemon, from one start to the next.
package struct RunRow: Encodable, Sendable {
    /// What rules and alerts begin with.
    package enum State: String, Encodable, Sendable {
        case fresh, continued
    }

    package var start: String
    var end: String
    package var state: State

    /// - Parameters:
    ///   - start: Unix nanoseconds, as `end`.
    ///   - isContinued: whether it continues the alerts of the run before it.
    package init(start: Int64, end: Int64, isContinued: Bool) {
        self.start = Timestamp.rfc3339(start)
        self.end = Timestamp.rfc3339(end)
        state = isContinued ? .continued : .fresh
    }
}

extension Report {
    /// Computes operations and requests side by side: neither needs the other.
    private static func rows(of summary: PipelineSummary) -> ([OperationRow], [RequestRow]) {
        let rows = Mutex<(operations: [OperationRow], requests: [RequestRow])>(([], []))
        DispatchQueue.concurrentPerform(iterations: 2) { part in
            if part == 0 {
                let operations = OperationRow.rows(of: summary)
                rows.withLock { $0.operations = operations }
            } else {
                let requests = RequestRow.rows(of: summary)
                rows.withLock { $0.requests = requests }
            }
        }
        return rows.withLock { $0 }
    }
}

package struct SpansRow: Encodable, Sendable {
    var received: Int
    package var accepted: Int
    package var duplicates: Int
    package var late: Int
    /// By reason; reasons with no spans are left out.
    package var rejected: [String: Int]
    /// Accepted spans that no attribution includes, by reason; absent if there are none.
    package var unattributed: Unattributed?

    package struct Unattributed: Encodable, Sendable {
        /// Arrived after their slot had settled.
        package var settled: Int
        /// Left the window before their slot had settled.
        package var evicted: Int
        /// Their slot was full.
        package var slot_full: Int
    }

    package init(_ counts: SpanCounts, _ unattributed: UnattributedSpans) {
        self.unattributed =
            unattributed == UnattributedSpans()
            ? nil
            : Unattributed(settled: unattributed.settled, evicted: unattributed.evicted, slot_full: unattributed.full)
        received = counts.received
        accepted = counts.accepted
        duplicates = counts.duplicates
        late = counts.late
        rejected = [:]
        for reason in RejectionReason.allCases where counts.rejections[reason] > 0 {
            rejected[reason.rawValue] = counts.rejections[reason]
        }
    }
}

extension Report {
    /// One JSON object, with keys in alphabetical order.
    package var json: String {
        get throws { try JSONText.encode(self) }
    }
}
