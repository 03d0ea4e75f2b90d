package import Engine
package import Pipeline

/// A row of `operations`: one per (service.name, span name, kind). Durations in seconds.
package struct OperationRow: Encodable, Sendable {
    package var service: String
    package var operation: String
    package var kind: String
    package var count: Int
    package var errors: Int
    package var error_ratio: Double
    /// Spans a second.
    package var rate: Double
    var mean_seconds: Double
    package var p50_seconds: Double
    package var p90_seconds: Double
    package var p99_seconds: Double
    package var max_seconds: Double
    /// What the spans took without what is below them; absent where none was attributed.
    var self_mean_seconds: Double?
    var self_p50_seconds: Double?
    var self_p90_seconds: Double?
    package var self_p99_seconds: Double?
    var self_max_seconds: Double?
    /// False where percentiles come from a histogram; absent where they are exact.
    package var exact: Bool?

    package init(
        _ row: SeriesSummary<OperationLabels>, selfTime: SeriesSummary<OperationLabels>?, seconds: Double
    ) {
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
        self_mean_seconds = selfTime.map { Double($0.sum) / Double($0.count) / 1e9 }
        self_p50_seconds = selfTime.map { Double($0.p50) / 1e9 }
        self_p90_seconds = selfTime.map { Double($0.p90) / 1e9 }
        self_p99_seconds = selfTime.map { Double($0.p99) / 1e9 }
        self_max_seconds = selfTime.map { Double($0.max) / 1e9 }
        exact = row.isExact ? nil : false
    }

    /// A row for each operation.
    package static func rows(of summary: PipelineSummary) -> [OperationRow] {
        let seconds = summary.ends.map { Double($0.upperBound - $0.lowerBound) / 1e9 } ?? 0
        let selfTimes = summary.view.selfTimeSummaries()
        return summary.view.operationSummaries().map {
            OperationRow($0, selfTime: selfTimes[$0.series], seconds: seconds)
        }
    }
}
