import Engine
import Ingest

/// One archive of a replay and its next record, so that several can be merged by time.
final class ReplayInput {
    private let records: DecodeAhead
    private let fileSize: Int?
    private var record = DecodedRecord()
    private var found = ArchiveProblems()
    /// When the next record arrived, Unix nanoseconds; nil at the archive's end.
    private(set) var arrival: Int64? = .min

    /// - Throws: what shows that this is no archive. Damage is noted, and ends it.
    init(_ name: String, endingIn range: Range<Int64>) throws(ArchiveError) {
        let decoder = try RecordDecoder(name, endingIn: range)
        fileSize = decoder.fileSize
        records = DecodeAhead(decoder)
        advance()
        if let refusal = record.refusal { throw refusal }
    }

    deinit {
        records.stop()
    }

    /// What was wrong with records that were passed over, and with the archive's end.
    var problems: [String] { found.lines }

    var progress: (read: Int, size: Int?) { (record.fileOffset, fileSize) }

    /// Hands over the next record's spans and goes on to the one after it.
    func take(_ body: (borrowing SpanBatch) -> Void) {
        body(record.batch)
        advance()
    }

    private func advance() {
        records.exchange(&record)
        found.add(record.problems)
        arrival = record.isEnd ? nil : ReplayClock.arrival(of: record.batch) ?? arrival
    }
}
