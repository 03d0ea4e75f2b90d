package import Engine
package import Rules

/// What `replay --format json` prints, and the query API in parts: the contract's shapes. Durations in seconds.
package struct Report: Encodable, Sendable {
    package var spans: SpansRow
    /// RFC 3339; null where no span was accepted.
    package var first: String?
    package var last: String?
    package var operations: [OperationRow]
    package var requests: [RequestRow]
    package var alerts: [AlertJSON]
    /// Of two sets of rules, where there are two.
    package var comparison: [RuleComparison.Row]?

    package init(_ summary: PipelineSummary, alerts: [AlertJSON], comparison: RuleComparison? = nil) {
        let totals = summary.totals
        let isEmpty = totals.lastEnd == .min
        spans = SpansRow(summary.counts)
        first = isEmpty ? nil : Timestamp.rfc3339(totals.firstStart)
        last = isEmpty ? nil : Timestamp.rfc3339(totals.lastEnd)
        // Rates are over the time in which spans ended: a watch may have begun long before.
        let seconds = isEmpty ? 0 : Double(totals.lastEnd - totals.firstEnd) / 1e9
        operations = summary.view.operationSummaries().map { OperationRow($0, seconds: seconds) }
        requests = summary.view.requestSummaries().map { RequestRow($0) }
        self.alerts = alerts
        self.comparison = comparison?.rows
    }
}

package struct SpansRow: Encodable, Sendable {
    package var received: Int
    package var accepted: Int
    package var duplicates: Int
    package var late: Int
    /// By reason; only reasons that occurred.
    package var rejected: [String: Int]

    package init(_ counts: SpanCounts) {
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

package struct OperationRow: Encodable, Sendable {
    package var service: String
    package var operation: String
    package var kind: String
    package var count: Int
    package var errors: Int
    package var error_ratio: Double
    /// Spans a second.
    package var rate: Double
    package var mean_seconds: Double
    package var p50_seconds: Double
    package var p90_seconds: Double
    package var p99_seconds: Double
    package var max_seconds: Double
    /// False where percentiles come from a histogram; absent where they are exact.
    package var exact: Bool?

    package init(_ row: SeriesSummary<OperationLabels>, seconds: Double) {
        service = row.labels.service
        operation = row.labels.operation
        kind = row.labels.kind.name
        count = row.count
        errors = row.errors
        error_ratio = Double(row.errors) / Double(row.count)
        rate = seconds > 0 ? Double(row.count) / seconds : 0
        mean_seconds = Double(row.sum) / Double(row.count) / 1e9
        p50_seconds = Double(row.p50) / 1e9
        p90_seconds = Double(row.p90) / 1e9
        p99_seconds = Double(row.p99) / 1e9
        max_seconds = Double(row.max) / 1e9
        exact = row.isExact ? nil : false
    }
}

package struct RequestRow: Encodable, Sendable {
    package var verb: String
    package var group: String
    package var resource: String
    package var subresource: String
    package var scope: String
    package var count: Int
    package var errors: Int
    package var p50_seconds: Double
    package var p90_seconds: Double
    package var p99_seconds: Double
    package var max_seconds: Double
    package var exact: Bool?

    package init(_ row: SeriesSummary<RequestLabels>) {
        verb = row.labels.verb
        group = row.labels.group
        resource = row.labels.resource
        subresource = row.labels.subresource
        scope = row.labels.scope
        count = row.count
        errors = row.errors
        p50_seconds = Double(row.p50) / 1e9
        p90_seconds = Double(row.p90) / 1e9
        p99_seconds = Double(row.p99) / 1e9
        max_seconds = Double(row.max) / 1e9
        exact = row.isExact ? nil : false
    }
}

extension Report {
    private enum CodingKeys: String, CodingKey {
        case spans, first, last, operations, requests, alerts, comparison
    }

    // Written out since a synthesized one leaves absent times out.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(spans, forKey: .spans)
        try container.encode(first, forKey: .first)
        try container.encode(last, forKey: .last)
        try container.encode(operations, forKey: .operations)
        try container.encode(requests, forKey: .requests)
        try container.encode(alerts, forKey: .alerts)
        try container.encodeIfPresent(comparison, forKey: .comparison)
    }

    /// One JSON object, its keys in alphabetical order.
    package var json: String {
        get throws { try JSONText.encode(self) }
    }
}
