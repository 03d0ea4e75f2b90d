package import Archive
package import Engine

/// One archive of a replay and what comes next in it, so that several can be merged by time.
package final class ReplayInput {
    private let records: DecodeAhead
    private let fileSize: Int?
    private var record = DecodedRecord()
    private var found = ProblemList()
    /// When the next record arrived, or what the clock was; Unix nanoseconds; nil at the archive's end. 0 before the first
    /// time that is known.
    private(set) var time: Int64? = 0

    /// - Throws: what shows that this is no archive. Damage is noted, and ends it.
    package init(_ archive: ReplayArchive, readsAhead: Bool) throws(ArchiveError) {
        let decoder = try archive.decoder(readsAhead: readsAhead)
        fileSize = decoder.fileSize
        records = DecodeAhead(decoder)
        advance()
        if let refusal = record.refusal { throw refusal }
    }

    deinit {
        records.stop()
    }

    /// What was wrong with records that were passed over, and with the archive.
    package var problems: [String] { found.all }

    package var progress: (read: Int, size: Int?) { (record.fileOffset, fileSize) }

    /// Where what comes next stands in the order of a recording; nil where the archive is none.
    package var place: RecordedPlace? { record.place }

    /// Whether it is what a daemon recorded, with arrivals.
    var isRecorded: Bool { record.isRecorded }

    /// What comes next.
    package var head: DecodedRecord.Head { record.head }

    /// Hands over the next record's spans, unless a reading of the clock comes next, and goes on to what is behind it.
    package func take(_ body: (borrowing SpanBatch) -> Void) {
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
    /// When it arrived, or what the clock was, Unix nanoseconds; nil at the archive's end.
    package borrowing func time(after previous: Int64?) -> Int64? {
        switch head {
        case .end: nil
        case .clock(let reading): reading.time
        case .record(let arrival): arrival ?? ReplayClock.arrival(of: batch) ?? previous
        }
    }
}

/// An archive that is replayed, and what is read of it. It may be opened more than once.
package struct ReplayArchive {
    package let name: String
    private let range: Range<Int64>
    private let isSalvaging: Bool
    private let spooled: SpooledInput?

    /// - Throws: `ArchiveError` for a pipe that can't be kept.
    package init(_ name: String, endingIn range: Range<Int64>, isSalvaging: Bool) throws(ArchiveError) {
        self.name = name
        self.range = range
        self.isSalvaging = isSalvaging
        spooled = try SpooledInput.spool(name)
    }

    /// Begins to read it.
    package func decoder(readsAhead: Bool) throws(ArchiveError) -> RecordDecoder {
        try RecordDecoder(
            name, endingIn: range, isSalvaging: isSalvaging, readsAhead: readsAhead, spooled: spooled)
    }
}

/// When a record of an archive arrived, as far as its spans tell.
///
/// Archives of other tools keep no arrival times. An exporter sends spans within seconds of their end, so a record
/// arrived about when the last of its spans ended; a span that ends more than an hour after most others is damaged or
/// from a wrong clock, and must not carry the clock with it.
enum ReplayClock {
    private static let spreadMax: Int64 = 3_600_000_000_000
    private static let samples = 15

    /// Unix nanoseconds; nil for a batch without spans.
    static func arrival(of batch: borrowing SpanBatch) -> Int64? {
        guard batch.count > 0 else { return nil }
        let taken = min(batch.count, samples)
        var ends: [Int64] = []
        for sample in 0..<taken { ends.append(batch.end(sample * batch.count / taken)) }
        ends.sort()
        let middle = ends[taken / 2]
        let limit = middle + spreadMax
        var arrival = middle
        for row in 0..<batch.count {
            let end = batch.end(row)
            if end > arrival, end <= limit { arrival = end }
        }
        return arrival
    }
}
