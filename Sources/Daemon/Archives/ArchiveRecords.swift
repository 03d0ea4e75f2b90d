import Engine
import Foundation
import Ingest

/// The records of archives of any kind as protobuf, one archive after the other, with what is wrong noted and passed
/// over where that is possible.
struct ArchiveRecords {
    enum Event {
        case record(RecordStamp?)
        case clock(ClockReading)
    }

    private(set) var problems = ProblemList()
    /// Start notes of recorded files, groups and index entries.
    private(set) var scan = ArchiveScanCounts()
    private let isSalvaging: Bool

    init(isSalvaging: Bool) {
        self.isSalvaging = isSalvaging
    }

    /// Hands on all records of an archive; a batch holds the spans of the one that is handed on.
    ///
    /// - Throws: `ArchiveError` where it is none, or what `body` throws.
    mutating func forEach(
        in name: String, _ body: (RawSpan, borrowing SpanBatch, Event) throws -> Void
    ) throws {
        if try forEachOfJaeger(in: name, body) { return }
        var batch = SpanBatch()
        var reader = try ArchiveReader(name, ArchiveOptions(isSalvaging: isSalvaging))
        do {
            var hasMore = true
            while hasMore {
                let (lossCount, last) = (reader.losses.count, reader.lastArrival)
                hasMore = try step(&reader, &batch, body)
                for loss in reader.losses[lossCount...] {
                    problems.note(ArchiveProblem(loss), between: last, and: hasMore ? reader.lastArrival : nil)
                }
            }
        } catch let error as ArchiveError where error.kind == .damaged {
            problems.note(ArchiveProblem(error, of: reader.progress.size), between: reader.lastArrival, and: nil)
        }
        scan.add(reader)
    }

    private mutating func step(
        _ reader: inout ArchiveReader, _ batch: inout SpanBatch,
        _ body: (RawSpan, borrowing SpanBatch, Event) throws -> Void
    ) throws -> Bool {
        let decoder = SpanDecoder()
        batch.removeAll()
        let offset = reader.offset
        var failure: DecodeError?
        var thrown: (any Error)?
        let step = try reader.step { (record, encoding, stamp) in
            do {
                switch encoding {
                case .protobuf:
                    try decoder.decode(record, into: &batch)
                    try body(record, batch, .record(stamp))
                case .json:
                    let message = try OTLPJSON.wireFormat(of: record)
                    try unsafe decoder.decode(message.span.bytes, into: &batch)
                    try unsafe body(message.span.bytes, batch, .record(stamp))
                }
            } catch let error as DecodeError {
                failure = error
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
        if let failure {
            let problem = "record \(reader.recordCount) at byte \(offset) of the uncompressed archive: \(failure)"
            guard reader.recordCount > 1 else {
                throw ArchiveError(.unreadable, reader.name, "is no span archive: \(problem)")
            }
            problems.note(ArchiveProblem("\(reader.name): \(problem)"))
        }
        return true
    }

    /// - Returns: false for what isn't Jaeger's, or has to be read as a stream.
    private func forEachOfJaeger(
        in name: String, _ body: (RawSpan, borrowing SpanBatch, Event) throws -> Void
    ) throws -> Bool {
        guard name != "-", let file = FileHandle(forReadingAtPath: name) else { return false }
        defer { try? file.close() }
        guard let start = try? file.read(upToCount: 64), JaegerJSON.begins(start) else { return false }
        try file.seek(toOffset: 0)
        guard let contents = try file.read(upToCount: JaegerImport.byteCountMax + 1),
            contents.count <= JaegerImport.byteCountMax
        else {
            throw ArchiveError(.unreadable, name, "is larger than \(JaegerImport.byteCountMax) bytes")
        }
        var batch = SpanBatch()
        for message in try JaegerImport.messages(contents, name: name) {
            batch.removeAll()
            try unsafe SpanDecoder().decode(message.span.bytes, into: &batch)
            try unsafe body(message.span.bytes, batch, .record(nil))
        }
        return true
    }
}

/// What was seen of recordings.
struct ArchiveScanCounts {
    var records = 0
    var groups = 0
    var contentBytes = 0
    var start: RecordingStart?
    var notes = RecordingNotes()

    mutating func add(_ reader: borrowing ArchiveReader) {
        records += reader.recordCount
        groups += reader.groupCount
        contentBytes += reader.offset
        start = reader.start ?? start
        notes = reader.notes
    }
}
