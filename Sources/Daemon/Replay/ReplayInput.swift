import Engine
import Ingest

/// One archive of a replay, with its next record decoded ahead, so that several can be merged by time.
final class ReplayInput {
    private var reader: ArchiveReader
    private var batch = SpanBatch()
    private let decoder = SpanDecoder()
    private let range: Range<Int64>
    /// When the decoded record arrived, Unix nanoseconds; nil at the archive's end.
    private(set) var arrival: Int64? = .min
    /// What was wrong with records that were passed over, and with the archive's end.
    private(set) var problems: [String] = []
    private(set) var problemCount = 0

    private static let problemsKept = 10

    init(_ name: String, endingIn range: Range<Int64>) throws(ArchiveError) {
        reader = try ArchiveReader(name)
        self.range = range
        try advanceOrNote(isFirst: true)
    }

    var progress: (read: Int, size: Int?) { reader.progress }

    /// Hands over the decoded record and decodes the next one.
    func take(_ body: (borrowing SpanBatch) -> Void) {
        body(batch)
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
        arrival = nil
        note(error.description)
    }

    /// Decodes records until one has spans; records that can't be decoded are noted and passed over.
    ///
    /// - Throws: where the archive is damaged; and where its first record is no OTLP: then it is no archive.
    private func advance(isFirst: Bool) throws(ArchiveError) {
        let previous = arrival
        repeat {
            batch.removeAll()
            let offset = reader.offset
            var failure: DecodeError?
            guard try next(&failure) else {
                arrival = nil
                return
            }
            if let failure {
                let problem = "record \(reader.recordCount) at byte \(offset) of the uncompressed archive: \(failure)"
                if isFirst, reader.recordCount == 1 {
                    throw ArchiveError(.unreadable, reader.name, "is no span archive: \(problem)")
                }
                batch.removeAll()
                note("\(reader.name): \(problem)")
            }
            batch.keep(endingIn: range)
        } while batch.count == 0 && batch.rejections.total == 0
        arrival = ReplayClock.arrival(of: batch) ?? previous
    }

    private func next(_ failure: inout DecodeError?) throws(ArchiveError) -> Bool {
        try reader.next { (record, encoding) in
            do throws(DecodeError) {
                try decoder.decode(record, encoding: encoding, into: &batch)
            } catch {
                failure = error
            }
        }
    }

    private func note(_ problem: String) {
        problemCount += 1
        if problems.count < Self.problemsKept { problems.append(problem) }
    }
}
