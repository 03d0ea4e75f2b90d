import Archive
import Engine

/// One archive of a replay, with its next record, so that several can be merged by time.
final class ReplayInput {
    private let records: DecodeAhead
    private let fileSize: Int?
    private var record = DecodedRecord()
    private var found = ProblemList()
    /// When the next record arrived, or what the clock read, in Unix nanoseconds; nil at the archive's end, 0 before
    /// the first known time.
    private(set) var time: Int64? = 0

    /// - Throws: `ArchiveError` if this isn't an archive. Damage is noted, and ends it.
    init(_ archive: ReplayArchive, readsAhead: Bool) throws(ArchiveError) {
        let decoder = try archive.decoder(readsAhead: readsAhead)
        fileSize = decoder.fileSize
        records = DecodeAhead(decoder)
        advance()
        if let refusal = record.refusal { throw refusal }
    }

    deinit {
        records.stop()
    }

    /// What was wrong with skipped records, and with the archive.
    var problems: [String] { found.all }

    var progress: (read: Int, size: Int?) { (record.fileOffset, fileSize) }

    /// The position of the next record in a recording; nil if the archive isn't one.
    var recordedPosition: RecordedPosition? { record.recordedPosition }

    /// Whether a daemon recorded it, with arrivals.
    var isRecorded: Bool { record.isRecorded }

    /// The next record, reading of the clock, or end.
    var head: DecodedRecord.Head { record.head }

    /// Passes the next record's spans to `body`, unless a reading of the clock comes next, and moves on.
    func take(_ body: (borrowing SpanBatch) -> Void) {
        if case .record = record.head { body(record.batch) }
        advance()
    }

    private func advance() {
        records.exchange(&record)
        let last = time == 0 ? nil : time
        time = record.time(after: time)
        found.note(record.problems, between: last, and: time)
    }
}

extension DecodedRecord {
    /// When it arrived, or what the clock read, in Unix nanoseconds; nil at the archive's end.
    borrowing func time(after previous: Int64?) -> Int64? {
        switch head {
        case .end: nil
        case .clock(let reading): reading.time
        case .record(let arrival): arrival ?? ArrivalEstimate.arrival(of: batch) ?? previous
        }
    }
}

/// An archive to replay, and which part of it. It may be opened more than once.
struct ReplayArchive {
    let name: String
    private let range: Range<Int64>
    private let isSalvaging: Bool
    private let spooled: SpooledInput?
    private let services: ServiceNames

    /// - Throws: `ArchiveError` for a pipe that can't be spooled.
    init(
        _ name: String, endingIn range: Range<Int64>, isSalvaging: Bool, services: ServiceNames
    ) throws(ArchiveError) {
        self.services = services
        self.name = name
        self.range = range
        self.isSalvaging = isSalvaging
        spooled = try SpooledInput.spool(name)
    }

    /// Starts reading it.
    func decoder(readsAhead: Bool) throws(ArchiveError) -> RecordDecoder {
        try RecordDecoder(
            name, endingIn: range, isSalvaging: isSalvaging, readsAhead: readsAhead, spooled: spooled,
            services: services)
    }
}
