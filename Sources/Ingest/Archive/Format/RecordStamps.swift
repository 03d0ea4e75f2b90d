import Engine

/// Puts what a recording says about its records together with them, group by group.
struct RecordStamps {
    /// Of the group whose records come next, those events that weren't handed out yet.
    private var events: ArraySlice<RecordedGroup.Event> = []
    /// Of the first of them.
    private var sequence: UInt64 = 0
    private(set) var groupCount = 0
    private(set) var start: RecordingStart?
    private(set) var notes = RecordingNotes()
    /// Unix nanoseconds.
    private(set) var lastArrival: Int64?
    /// Of the event that was handed out last; nil where the archive is no recording.
    private(set) var place: RecordedPlace?

    /// Takes the reading of the clock that comes next, if one does before the record at an offset among the
    /// uncompressed bytes.
    mutating func nextClock(at offset: Int, _ chunks: inout ChunkSequence) -> ClockReading? {
        while true {
            guard case .clock(let reading) = events.first else {
                guard events.isEmpty, takeGroup(upTo: offset, &chunks) else { return nil }
                continue
            }
            passEvent()
            return reading
        }
    }

    /// What is said about the record of so many bytes at an offset.
    mutating func stamp(_ count: Int, at offset: Int, _ chunks: inout ChunkSequence) -> RecordStamp? {
        if events.isEmpty { _ = takeGroup(upTo: offset, &chunks) }
        while case .record(let arrival, let byteCount, _) = events.first {
            guard byteCount == count else {
                // Of a group whose records were lost, or no recording's.
                events = []
                _ = takeGroup(upTo: offset, &chunks)
                continue
            }
            defer { passEvent() }
            lastArrival = arrival
            return RecordStamp(arrival: arrival, sequence: sequence)
        }
        if start != nil { notes.unstampedCount += 1 }
        return nil
    }

    private mutating func passEvent() {
        place = start.map { RecordedPlace(recording: $0.recording, sequence: sequence) }
        events.removeFirst()
        sequence += 1
    }

    /// Goes on to the group that is said to begin at an offset, or before; false where there is none.
    private mutating func takeGroup(upTo offset: Int, _ chunks: inout ChunkSequence) -> Bool {
        while let note = chunks.takeNote(upTo: offset) {
            switch note {
            case .start(let start):
                self.start = start
                notes.startCount += 1
            case .index: notes.hasIndex = true
            case .group(let group):
                groupCount += 1
                events = group.events[...]
                sequence = group.firstSequence
                return true
            }
        }
        return false
    }
}

/// What a recording was found to have beside its records.
package struct RecordingNotes: Equatable, Sendable {
    /// Recorded files, one behind the other; 0 where the archive is no recording.
    package internal(set) var startCount = 0
    /// Whether an index was seen, or a trailer that says where it is, sound or not.
    package internal(set) var hasIndex = false
    /// Records of which no group says anything.
    package internal(set) var unstampedCount = 0

    package init() {}
}
