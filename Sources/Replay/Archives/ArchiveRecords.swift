import Archive
import Engine
import OTLP

/// The records of archives of any kind as protobuf, one archive after another. Problems are noted and skipped where
/// possible.
struct ArchiveRecords {
    enum Event {
        case record(Arrival)
        case clock(ClockReading)
    }

    /// What is known about a record's arrival.
    enum Arrival {
        case recorded(RecordStamp)
        /// The archive is a recording, but its note about this record is damaged.
        case lost
        /// The archive isn't a recording.
        case none
    }

    private(set) var problems = ProblemList()
    /// Counts of records, groups and notes.
    private(set) var scan = ArchiveScanCounts()
    private let isSalvaging: Bool

    init(isSalvaging: Bool) {
        self.isSalvaging = isSalvaging
    }

    /// Calls `body` for each record of an archive, with the record's decoded spans in the batch, and for each reading
    /// of the clock.
    ///
    /// - Throws: `ArchiveError` if it isn't an archive, or what `body` throws.
    mutating func forEach(
        in name: String, _ body: (RawSpan, borrowing SpanBatch, Event) throws -> Void
    ) throws {
        var batch = SpanBatch()
        var attempt = Attempt()
        let before = problems
        var reader = try ArchiveReader(name, ArchiveOptions(isSalvaging: isSalvaging))
        do {
            var hasMore = true
            while hasMore {
                let (lossCount, last) = (reader.losses.count, reader.lastArrival)
                hasMore = try step(&reader, &batch, &attempt, body)
                for loss in reader.losses[lossCount...] {
                    problems.note(ArchiveProblem(loss), between: last, and: hasMore ? reader.lastArrival : nil)
                }
            }
        } catch let error as ArchiveError where error.kind == .damaged {
            problems.note(ArchiveProblem(error, of: reader.progress.size), between: reader.lastArrival, and: nil)
        }
        scan.add(reader)
        if let problem = attempt.refusal {
            problems = before
            throw ArchiveError(.unreadable, name, "is not a span archive: \(problem)")
        }
    }

    /// Whether any record could be decoded, and what was wrong with the first that couldn't.
    private struct Attempt {
        private var isAnyDecoded = false
        private var firstProblem: String?

        mutating func take(_ problem: String?) {
            isAnyDecoded = isAnyDecoded || problem == nil
            firstProblem = firstProblem ?? problem
        }

        /// Why this isn't an archive; nil if it is one.
        var refusal: String? { isAnyDecoded ? nil : firstProblem }
    }

    private mutating func step(
        _ reader: inout ArchiveReader, _ batch: inout SpanBatch, _ attempt: inout Attempt,
        _ body: (RawSpan, borrowing SpanBatch, Event) throws -> Void
    ) throws -> Bool {
        let decoder = SpanDecoder()
        batch.removeAll()
        let offset = reader.offset
        var failure: String?
        var omissions = Omissions()
        var thrown: (any Error)?
        let isRecording = reader.start != nil
        let step = try reader.step { (record, encoding, stamp) in
            let event = Event.record(stamp.map { .recorded($0) } ?? (isRecording ? .lost : .none))
            do {
                switch encoding {
                case .protobuf:
                    try decoder.decode(record, into: &batch)
                    try body(record, batch, event)
                case .json:
                    let message = try TraceDocument.message(of: record, &omissions)
                    try unsafe decoder.decode(message.span.bytes, into: &batch)
                    try unsafe body(message.span.bytes, batch, event)
                }
            } catch let error as DecodeError {
                failure = error.description(of: record)
            } catch {
                thrown = error
            }
        }
        if let thrown { throw thrown }
        switch step {
        case .record: break
        case .clock(let reading): try body(RawSpan(), batch, .clock(reading))
        case .end: return false
        }
        let location = "record \(reader.recordCount) at byte \(offset) of the uncompressed archive"
        for text in omissions.texts { problems.note(ArchiveProblem("\(reader.name): \(location): \(text)")) }
        if let failure { problems.note(ArchiveProblem("\(reader.name): \(location): \(failure)")) }
        attempt.take(failure.map { "\(location): \($0)" })
        return true
    }
}

/// Counts over the archives read so far.
struct ArchiveScanCounts {
    var records = 0
    var groups = 0
    var contentBytes = 0
    var start: RecordingStart?
    var contents = RecordingContents()

    mutating func add(_ reader: borrowing ArchiveReader) {
        records += reader.recordCount
        groups += reader.groupCount
        contentBytes += reader.offset
        start = reader.start ?? start
        contents = reader.contents
    }
}
