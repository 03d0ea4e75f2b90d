/// The outcome of appending one batch, in spans.
package struct AppendOutcome: Sendable {
    /// Accepted into the window, or into the history if their slot had left it.
    package var accepted = 0
    /// Accepted ones that arrived after the time of their end had been evaluated.
    package var late = 0
    /// Spans whose trace id and span id the window already had.
    package var duplicates = 0
    package var rejections = Rejections()
}

/// Spans that no attribution includes, by reason.
package struct UnattributedSpans: Equatable, Sendable {
    /// Arrived after their slot had settled.
    package var settled = 0
    /// Their slot left the window before they arrived, or before it had settled.
    package var evicted = 0
    /// Their slot was full, so they went straight to the history.
    package var full = 0

    package init() {}
}

/// Why a span was rejected; the raw value is the scrape's `reason` label.
package enum RejectionReason: String, Sendable, CaseIterable {
    case invalidTraceID = "invalid_trace_id"
    case invalidSpanID = "invalid_span_id"
    case invalidParentSpanID = "invalid_parent_span_id"
    /// Zero, or beyond `TimeLimits.latest`.
    case invalidTime = "invalid_time"
    case endBeforeStart = "end_before_start"
    /// Ends later than clock skew allows (`WindowLimits.futureMax`) after its arrival.
    case inFuture = "in_future"
    /// Lasts longer than `TimeLimits.longestSpan`.
    case tooLong = "too_long"

    /// The reason in words, for the sender.
    var explanation: String {
        switch self {
        case .invalidTraceID: "trace id must be 16 bytes, not all zero"
        case .invalidSpanID: "span id must be 8 bytes, not all zero"
        case .invalidParentSpanID: "parent span id must be empty or 8 bytes"
        case .invalidTime: "start or end time is zero or after February 2116"
        case .endBeforeStart: "end time is before start time"
        case .inFuture: "end time is too far in the future"
        case .tooLong: "duration is longer than 7 days"
        }
    }

    fileprivate var index: Int {
        switch self {
        case .invalidTraceID: 0
        case .invalidSpanID: 1
        case .invalidParentSpanID: 2
        case .invalidTime: 3
        case .endBeforeStart: 4
        case .inFuture: 5
        case .tooLong: 6
        }
    }
}

/// A count for each reason.
package struct Rejections: Equatable, Sendable {
    private var counts = InlineArray<7, Int>(repeating: 0)

    package init() {}

    package subscript(reason: RejectionReason) -> Int {
        get { counts[reason.index] }
        set { counts[reason.index] = newValue }
    }

    package var total: Int { RejectionReason.allCases.reduce(0) { $0 + self[$1] } }

    package mutating func add(_ other: Rejections) {
        for reason in RejectionReason.allCases { self[reason] += other[reason] }
    }

    package static func == (a: Rejections, b: Rejections) -> Bool {
        RejectionReason.allCases.allSatisfy { a[$0] == b[$0] }
    }

    /// All reasons in one text, for `partial_success`; empty if nothing was rejected.
    package var message: String {
        RejectionReason.allCases.filter { self[$0] > 0 }
            .map { "\(self[$0]) rejected: \($0.explanation)" }
            .joined(separator: "; ")
    }
}
