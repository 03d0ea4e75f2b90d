package import Engine

/// A record of an archive as spans: what the thread that reads an archive hands to the one that takes its records.
package struct DecodedRecord: ~Copyable, Sendable {
    package enum Head: Equatable, Sendable {
        /// A record.
        ///
        /// - Parameter arrival: Unix nanoseconds, of a recording; with it come readings of the clock.
        case record(arrival: Int64?)
        /// The rules were evaluated by this reading of the clock.
        case clock(ClockReading)
        /// Behind the last record: there are no spans, but there may be problems.
        case end
    }

    package internal(set) var head = Head.end
    /// Whether the archive is what a daemon recorded, with arrivals, as far as was read.
    package internal(set) var isRecorded = false
    /// Its place in the order of a recording; nil where the archive is none.
    package internal(set) var place: RecordedPlace?
    package internal(set) var batch = SpanBatch()
    /// What was wrong with records that were passed over before it, or with the archive.
    package internal(set) var problems = ArchiveProblems()
    /// What shows that the file is no archive.
    package internal(set) var refusal: ArchiveError?
    /// How far the archive is read, in bytes of its file.
    package internal(set) var fileOffset = 0

    package init() {}

    package var isEnd: Bool { head == .end }

    mutating func removeAll() {
        batch.removeAll()
        problems = ArchiveProblems()
    }
}
