import Engine
import Pipeline
import Traces

/// There is no such trace, or none in the part that could be searched.
struct AbsentTraceError: Error {
    var warnings: [String] = []

    var message: String { (["trace not found"] + warnings).joined(separator: "; ") }
}

extension QueryServer.Surface {
    /// The spans of a trace with everything that they carried.
    ///
    /// - Parameters: - known: those of its spans that the window has.
    ///   - range: when its spans ended if the window has none, Unix nanoseconds; nil if unknown.
    /// - Throws: why the recording couldn't be read where they may be.
    func recall(
        _ id: TraceID, _ known: [SpanRow], in range: Range<Int64>?, mergesScopes: Bool = false
    ) throws -> RecordedTraces.Found {
        let found = recall([RememberedTrace(id, known, endingIn: range)], mergesScopes: mergesScopes)
        switch found.failure {
        case .isBusy: throw QueryDeadline.BusyError()
        case .isTooLong: throw QueryDeadline.PassedError()
        case nil: return found
        }
    }

    /// The same for several traces, as far as the recording could be read.
    func recall(
        _ traces: [RememberedTrace], mergesScopes: Bool = false,
        before deadline: ContinuousClock.Instant = .now + QueryDeadline.reading
    ) -> RecordedTraces.Found {
        self.traces.recall(traces, before: deadline, mergesScopes: mergesScopes)
    }

    /// What the window knows of a trace.
    func remembered(_ id: TraceID, in range: Range<Int64>? = nil) -> RememberedTrace {
        RememberedTrace(id, pipeline.trace(id).spans, endingIn: range)
    }

    /// The trace, with the authentications that were tied to its requests by time: each is alone in another trace.
    func withAuthentications(_ detail: TraceDetail) -> TraceDetail {
        let requests = detail.unauthenticated
        guard !requests.isEmpty else { return detail }
        let view = pipeline.attributedSummary().view
        let kept = traces.authentications(of: detail.id)
        var tied = requests.compactMap { span in
            view.authentication(
                tiedTo: span.spanID, of: detail.id, endingAt: span.start &+ span.duration, pipeline.components)
                ?? kept.first { $0.request == span.spanID }
        }
        var message = recall(tied.map { RememberedTrace($0.trace, [$0.span]) }).message
        if let recorded = traces.recorded {
            let oldest = recorded.windowHasAll(since: view.ends?.lowerBound)
            let earlier = requests.filter { $0.start &+ $0.duration < oldest }
            if !earlier.isEmpty {
                let found = recorded.authentications(
                    of: earlier, in: detail.id, before: .now + QueryDeadline.searching, pipeline.services,
                    pipeline.components)
                tied += found.tied
                message += found.message
            }
        }
        var detail = detail
        detail.add(tied, message: message, pipeline.components)
        return detail
    }
}
