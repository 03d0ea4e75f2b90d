import Support

/// The authentication that a request begins with although it is alone in another trace: it was tied to it by time.
package struct TiedAuthentication: Sendable {
    /// The span id of the request's SERVER span.
    package let request: UInt64
    package let span: SpanRow
    package let labels: OperationLabels

    package var trace: TraceID { TraceID(high: span.traceHigh, low: span.traceLow) }
}

extension WindowView {
    /// What attribution tied to a request of an attributed view.
    ///
    /// - Parameters: - id: of the request's trace.
    ///   - spanID: of its SERVER span.
    ///   - end: of that span, Unix nanoseconds.
    /// - Returns: nil if the view doesn't have the request, or nothing was tied to it.
    package func authentication(
        tiedTo spanID: UInt64, of id: TraceID, endingAt end: Int64, _ components: ComponentTable
    ) -> TiedAuthentication? {
        guard let (request, lead) = attributed(spanID, of: id, endingAt: end), lead > 0 else { return nil }
        let start = request.start &- lead
        let ends = end...end.addingSaturating(TieChoice.reach)
        let isAuthentication = operations.map {
            components.mapping($0).component == Component.authentication.number
        }
        for slot in slots where slot.start <= ends.upperBound && slot.end > ends.lowerBound {
            var found: SpanRow?
            slot.forEachBlock { columns, count in
                for row in 0..<count where columns.start[row] == start && columns.source[row] == request.source {
                    let span = columns.row(row)
                    guard isAuthentication[Int(span.operation)], ends.contains(start &+ span.duration) else { continue }
                    found = found ?? span
                }
            }
            if let found {
                return TiedAuthentication(request: spanID, span: found, labels: operations[Int(found.operation)])
            }
        }
        return nil
    }

    /// A request as the view has it, and how long before its SERVER span it begins, nanoseconds.
    private func attributed(_ spanID: UInt64, of id: TraceID, endingAt end: Int64) -> (span: SpanRow, lead: Int64)? {
        for slot in slots where slot.start <= end && end < slot.end {
            guard let attribution = slot.attribution else { continue }
            for (index, request) in attribution.requests.enumerated() {
                let span = slot.row(Int(request.row))
                guard span.spanID == spanID, span.traceHigh == id.high, span.traceLow == id.low else { continue }
                return (span, attribution.durations.durations[index] &- span.duration)
            }
        }
        return nil
    }
}
