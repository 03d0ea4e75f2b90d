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
}
