import Engine

/// Matches records with what a recording says about them, group by group.
struct RecordStamps {
    /// The events of the current group that weren't handed out yet.
    private var events: ArraySlice<RecordedGroup.Event> = []
    /// Of the first of `events`.
    private var sequence: UInt64 = 0
    private(set) var groupCount = 0
    private(set) var start: RecordingStart?
    private(set) var contents = RecordingContents()
    /// Unix nanoseconds.
    private(set) var lastArrival: Int64?
    /// Of the last event handed out; nil if the archive isn't a recording.
    private(set) var recordedPosition: RecordedPosition?

    /// Takes the next clock reading if it comes before the record at this offset of the uncompressed bytes.
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

    /// The stamp of the record with this length and offset.
    mutating func stamp(_ count: Int, at offset: Int, _ chunks: inout ChunkSequence) -> RecordStamp? {
        if events.isEmpty { _ = takeGroup(upTo: offset, &chunks) }
        while case .record(let arrival, let byteCount, _) = events.first {
            guard byteCount == count else {
                // The records of this group were lost, or it isn't from a recording.
                events = []
                _ = takeGroup(upTo: offset, &chunks)
                continue
            }
            defer { passEvent() }
            lastArrival = arrival
            return RecordStamp(arrival: arrival, sequence: sequence)
        }
        if start != nil { contents.unstampedCount += 1 }
        return nil
    }

    private mutating func passEvent() {
        recordedPosition = start.map { RecordedPosition(recording: $0.recording, sequence: sequence) }
        events.removeFirst()
        sequence += 1
    }

    /// Advances to the next group that starts at or before an offset; false if there is none.
    private mutating func takeGroup(upTo offset: Int, _ chunks: inout ChunkSequence) -> Bool {
        while let skippable = chunks.takeSkippable(upTo: offset) {
            switch skippable {
            case .start(let start):
                self.start = start
                contents.startCount += 1
            case .index: contents.hasIndex = true
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

/// What a recording contains besides records.
struct RecordingContents: Equatable, Sendable {
    /// Number of recorded files, concatenated; 0 if the archive isn't a recording.
    package internal(set) var startCount = 0
    /// Whether an index or a trailer was seen, intact or not.
    package internal(set) var hasIndex = false
    /// Records that no group describes.
    package internal(set) var unstampedCount = 0

    init() {}
}
