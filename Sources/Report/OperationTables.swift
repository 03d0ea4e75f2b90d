import Engine
package import Pipeline

/// The operations of a report for people: what lasts as long as a stream would hide how long everything else takes, so it is
/// apart.
package struct OperationTables: Sendable {
    package let rest: [OperationRow]
    /// See `StreamSplit.streams`.
    package let streams: [OperationRow]

    package init(rest: [OperationRow]) {
        self.rest = rest
        streams = []
    }

    /// - Parameter summary: attributed.
    package init(_ summary: PipelineSummary) {
        let (view, seconds) = (summary.view, summary.seconds())
        let split = StreamSplit(view.operationSummaries(), view)
        let selfTimes = view.selfTimeSummaries()
        rest = split.rest.map { OperationRow($0, selfTime: selfTimes[$0.series], seconds: seconds) }
        streams = split.streams.map { OperationRow($0, selfTime: nil, seconds: seconds) }
    }
}
