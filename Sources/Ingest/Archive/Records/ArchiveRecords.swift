package import Engine
import OTLP

/// The records of archives of any kind as protobuf, one archive after another. Problems are collected, and what they
/// are about is skipped where possible.
package struct ArchiveRecords {
    package enum Event {
        case record(Arrival)
        case clock(ClockReading)
    }

    /// What is known about a record's arrival.
    package enum Arrival {
        case recorded(RecordStamp)
        /// The archive is a recording, but the frame with this record's arrival is damaged.
        case lost
        /// The archive isn't a recording.
        case none
    }

    package private(set) var problems = ProblemList()
    private(set) var counts = ArchiveCounts()
    private let isSalvaging: Bool

    package init(isSalvaging: Bool) {
        self.isSalvaging = isSalvaging
    }

    /// Calls `body` for each record of an archive, with the record's decoded spans in the batch, and for each reading
    /// of the clock. A `DecodeError` of `body` is a problem of the record.
    ///
    /// - Throws: `ArchiveError` if it isn't an archive, or what `body` throws.
    package mutating func forEach(
        in name: String, _ body: (RawSpan, borrowing SpanBatch, Event) throws -> Void
    ) throws {
        let before = problems
        var records = RecordReader(try ArchiveReader(name, ArchiveOptions(isSalvaging: isSalvaging)))
        let result: Result<Void, any Error>
        do throws(ArchiveError) {
            result = try read(&records, body)
        } catch {
            problems = before
            throw error
        }
        counts.add(records.archive)
        try result.get()
    }

    /// - Returns: the error of `body`, if there was one.
    private mutating func read(
        _ records: inout RecordReader, _ body: (RawSpan, borrowing SpanBatch, Event) throws -> Void
    ) throws(ArchiveError) -> Result<Void, any Error> {
        var batch = SpanBatch()
        var thrown: (any Error)?
        while thrown == nil {
            var found = ArchiveProblems()
            let (last, isRecording) = (records.archive.lastArrival, records.archive.start != nil)
            let step = try records.next(into: &batch, &found) { record, batch, stamp throws(DecodeError) in
                do {
                    try body(record, batch, .record(stamp.map { .recorded($0) } ?? (isRecording ? .lost : .none)))
                } catch let error as DecodeError {
                    throw error
                } catch {
                    thrown = error
                }
            }
            switch step {
            case .record: problems.note(found, between: last, and: records.archive.lastArrival)
            case .clock(let reading):
                problems.note(found, between: last, and: records.archive.lastArrival)
                do { try body(RawSpan(), batch, .clock(reading)) } catch { thrown = error }
            case .end:
                problems.note(found, between: last, and: nil)
                return .success(())
            }
        }
        return thrown.map { .failure($0) } ?? .success(())
    }
}

/// What the archives read so far contain besides spans.
struct ArchiveCounts {
    var records = 0
    var groups = 0
    var contentBytes = 0
    /// Of the last archive's file; nil for a pipe.
    var fileBytes: Int?
    var start: RecordingStart?
    var contents = RecordingContents()

    mutating func add(_ archive: borrowing ArchiveReader) {
        records += archive.recordCount
        groups += archive.groupCount
        contentBytes += archive.offset
        fileBytes = archive.progress.size
        start = archive.start ?? start
        contents = archive.contents
    }
}
