import Engine
import Ingest

/// One archive of a replay, with its next record decoded ahead, so that several can be merged by time.
final class ReplayInput {
    /// What comes next.
    enum Head {
        /// The decoded record.
        ///
        /// - Parameter isRecorded: whether the archive tells when it arrived, and readings of the clock beside it.
        case record(isRecorded: Bool)
        /// The rules were evaluated by this reading of the clock.
        case clock
    }

    private var reader: ArchiveReader
    private var batch = SpanBatch()
    private let decoder = SpanDecoder()
    private let range: Range<Int64>
    private(set) var head = Head.clock
    /// When the decoded record arrived, or what the clock was; Unix nanoseconds; nil at the archive's end.
    private(set) var time: Int64? = .min
    private var problemList = ProblemList()
    private var lossCount = 0

    init(
        _ name: String, endingIn range: Range<Int64>, isSalvaging: Bool, readsAhead: Bool = true
    ) throws(ArchiveError) {
        let isAll = range == .min..<(.max)
        reader = try ArchiveReader(
            name, ArchiveOptions(spanEnds: isAll ? nil : range, isSalvaging: isSalvaging), readsAhead: readsAhead)
        self.range = range
        try advanceOrNote(isFirst: true)
    }

    var progress: (read: Int, size: Int?) { reader.progress }

    /// What was wrong with records that were passed over, and with the archive.
    var problems: [String] { problemList.all }

    /// Hands over what comes next, unless it is a reading of the clock, and goes on to what is behind it.
    func take(_ body: (borrowing SpanBatch) -> Void) {
        if case .record = head { body(batch) }
        do {
            try advanceOrNote(isFirst: false)
        } catch {
            end(error)
        }
    }

    /// - Throws: what shows that this is no archive; damage is noted, and ends it.
    private func advanceOrNote(isFirst: Bool) throws(ArchiveError) {
        do {
            try advance(isFirst: isFirst)
        } catch {
            if error.kind == .unreadable { throw error }
            end(error)
        }
    }

    private func end(_ error: ArchiveError) {
        let last = time == .min ? nil : time
        time = nil
        noteLosses(after: last)
        problemList.note(error, of: reader.progress.size, after: last)
    }

    /// Notes what was passed over between the last record or reading of the clock, and the one that comes next.
    private func noteLosses(after last: Int64?) {
        while lossCount < reader.losses.count {
            problemList.note(reader.losses[lossCount], between: last == .min ? nil : last, and: time)
            lossCount += 1
        }
    }

    /// Decodes records until one has spans; records that can't be decoded are noted and passed over.
    ///
    /// - Throws: where the archive is damaged; and where its first record is no OTLP: then it is no archive.
    private func advance(isFirst: Bool) throws(ArchiveError) {
        let previous = time
        var stamp: RecordStamp?
        repeat {
            batch.removeAll()
            let offset = reader.offset
            var failure: DecodeError?
            stamp = nil
            switch try step(&stamp, &failure) {
            case .record: break
            case .clock(let clock):
                head = .clock
                time = clock
                return noteLosses(after: previous)
            case .end:
                time = nil
                return noteLosses(after: previous)
            }
            if let failure {
                let problem = "record \(reader.recordCount) at byte \(offset) of the uncompressed archive: \(failure)"
                if isFirst, reader.recordCount == 1 {
                    throw ArchiveError(.unreadable, reader.name, "is no span archive: \(problem)")
                }
                batch.removeAll()
                problemList.note("\(reader.name): \(problem)")
            }
            batch.keep(endingIn: range)
        } while batch.count == 0 && batch.rejections.total == 0
        head = .record(isRecorded: stamp != nil)
        time = stamp?.arrival ?? ReplayClock.arrival(of: batch) ?? previous
        noteLosses(after: previous)
    }

    private func step(_ stamp: inout RecordStamp?, _ failure: inout DecodeError?) throws(ArchiveError)
        -> ArchiveReader.Step
    {
        try reader.step { (record, encoding, recorded) in
            stamp = recorded
            do throws(DecodeError) {
                try decoder.decode(record, encoding: encoding, into: &batch)
            } catch {
                failure = error
            }
        }
    }
}
