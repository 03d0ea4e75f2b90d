package import Engine

/// What a recording says about the records of one lz4 frame: when each arrived, in which order, and at which times the
/// rules were evaluated in between.
package struct RecordedGroup: Equatable, Sendable {
    /// Something that happened in the daemon; events are numbered in one sequence.
    package enum Event: Equatable, Sendable {
        /// An export request was added to the window.
        ///
        /// - Parameters:
        ///   - arrival: Unix nanoseconds.
        ///   - byteCount: of its message, without the length before it.
        case record(arrival: Int64, byteCount: Int, spans: Int)
        /// The rules were evaluated by this reading of the clock.
        case clock(ClockReading)

        /// Unix nanoseconds.
        package var time: Int64 {
            switch self {
            case .record(let arrival, _, _): arrival
            case .clock(let reading): reading.time
            }
        }
    }

    package var firstSequence: UInt64
    package var events: [Event] = []
    /// From the earliest end of a span to the latest, Unix nanoseconds; nil where there is none.
    package var spanEnds: ClosedRange<Int64>?
    /// Bytes of the lz4 frame that follows; 0 where none does, as all events are readings of the clock.
    var frameByteCount = 0

    package init(firstSequence: UInt64) {
        self.firstSequence = firstSequence
    }

    package var spanCount: Int {
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

    /// Whether spans of it may end in a range.
    func mayEnd(in range: Range<Int64>) -> Bool {
        guard let spanEnds else { return false }
        return spanEnds.lowerBound < range.upperBound && spanEnds.upperBound >= range.lowerBound
    }
}

/// Where something that happened in a daemon stands in the order of its recording.
package struct RecordedPlace: Equatable, Sendable {
    package let recording: RecordingID
    package let sequence: UInt64

    /// Whether it happened before another, as far as their recording tells.
    package func precedes(_ other: RecordedPlace) -> Bool {
        recording == other.recording && sequence < other.sequence
    }
}

/// When a record arrived and its place in the order in which records were added to the window.
package struct RecordStamp: Equatable, Sendable {
    /// Unix nanoseconds.
    package let arrival: Int64
    package let sequence: UInt64
}
