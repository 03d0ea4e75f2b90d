import Engine

/// What a recording says about the records of one lz4 frame: when and in which order each arrived, and when the rules
/// were evaluated in between.
struct RecordedGroup: Equatable, Sendable {
    /// An event in the daemon. All events of a recording are numbered in one sequence.
    enum Event: Equatable, Sendable {
        /// An export request was added to the window.
        ///
        /// - Parameters:
        ///   - arrival: Unix nanoseconds.
        ///   - byteCount: of its message, without the length prefix.
        case record(arrival: Int64, byteCount: Int, spans: Int)
        /// The rules were evaluated at this clock reading.
        case clock(ClockReading)

        /// Unix nanoseconds.
        var time: Int64 {
            switch self {
            case .record(let arrival, _, _): arrival
            case .clock(let reading): reading.time
            }
        }
    }

    var firstSequence: UInt64
    var events: [Event] = []
    /// From the earliest to the latest end of a span, Unix nanoseconds; nil if there are no spans.
    var spanEnds: ClosedRange<Int64>?
    /// Size of the lz4 frame that follows; 0 if there is none because all events are clock readings.
    var frameByteCount = 0

    init(firstSequence: UInt64) {
        self.firstSequence = firstSequence
    }

    var spanCount: Int {
        events.reduce(0) { count, event in
            guard case .record(_, _, let spans) = event else { return count }
            return count + spans
        }
    }

    mutating func extend(_ ends: ClosedRange<Int64>?) {
        guard let ends else { return }
        guard let before = spanEnds else { return spanEnds = ends }
        spanEnds = min(before.lowerBound, ends.lowerBound)...max(before.upperBound, ends.upperBound)
    }

    /// Whether any of its spans may end in a range.
    func mayEnd(in range: Range<Int64>) -> Bool {
        guard let spanEnds else { return false }
        return spanEnds.lowerBound < range.upperBound && spanEnds.upperBound >= range.lowerBound
    }
}

/// The position of a daemon's event in its recording.
package struct RecordedPosition: Equatable, Sendable {
    package let recording: RecordingID
    package let sequence: UInt64

    /// Whether it is known to come before another: false if they are from different recordings.
    package func precedes(_ other: RecordedPosition) -> Bool {
        recording == other.recording && sequence < other.sequence
    }
}

/// When a record arrived, and its position in the order in which records were added to the window.
package struct RecordStamp: Equatable, Sendable {
    /// Unix nanoseconds.
    package let arrival: Int64
    let sequence: UInt64
}
