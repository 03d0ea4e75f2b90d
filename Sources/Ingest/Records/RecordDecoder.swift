import Engine

/// Decodes the records of an archive, one after the other.
package struct RecordDecoder: ~Copyable {
    private var reader: ArchiveReader
    private let decoder = SpanDecoder()
    private let range: Range<Int64>
    private var lossCount = 0

    /// - Parameters:
    ///   - range: only spans that end in it are kept, Unix nanoseconds.
    ///   - isSalvaging: whether damage is passed over where that is possible.
    ///   - readsAhead: whether a thread may read on while records are taken; it takes more memory.
    ///   - spooled: what to read in place of the file that is named.
    package init(
        _ name: String, endingIn range: Range<Int64>, isSalvaging: Bool = false, readsAhead: Bool = true,
        spooled: SpooledInput? = nil
    ) throws(ArchiveError) {
        let isAll = range == .min..<(.max)
        reader = try ArchiveReader(
            name, ArchiveOptions(spanEnds: isAll ? nil : range, isSalvaging: isSalvaging, spooled: spooled),
            readsAhead: readsAhead)
        self.range = range
    }

    /// The archive's size in bytes of its file; nil for a pipe.
    package var fileSize: Int? { reader.progress.size }

    /// Decodes records until one has spans, or a reading of the clock comes. Those that can't be decoded are noted and
    /// passed over; damage is noted and ends the archive.
    package mutating func next(_ record: inout DecodedRecord) {
        record.removeAll()
        do {
            repeat { try decode(&record) } while record.isEmptyRecord
            noteLosses(&record)
        } catch {
            record.head = .end
            noteLosses(&record)
            if error.kind == .unreadable {
                record.refusal = error
            } else {
                record.problems.add(ArchiveProblem(error, of: fileSize))
            }
        }
        record.isRecorded = reader.start != nil || reader.groupCount > 0
        record.place = reader.place
        record.fileOffset = reader.progress.read
    }

    private mutating func noteLosses(_ record: inout DecodedRecord) {
        while lossCount < reader.losses.count {
            record.problems.add(ArchiveProblem(reader.losses[lossCount]))
            lossCount += 1
        }
    }

    /// - Throws: where the archive is damaged; and where its first record is no OTLP: then it is no archive.
    private mutating func decode(_ record: inout DecodedRecord) throws(ArchiveError) {
        record.batch.removeAll()
        let offset = reader.offset
        var failure: DecodeError?
        var arrival: Int64?
        let step = try reader.step { bytes, encoding, stamp in
            arrival = stamp?.arrival
            do throws(DecodeError) {
                try decoder.decode(bytes, encoding: encoding, into: &record.batch)
            } catch {
                failure = error
            }
        }
        switch step {
        case .record: record.head = .record(arrival: arrival)
        case .clock(let clock): record.head = .clock(clock)
        case .end: record.head = .end
        }
        if let failure {
            let problem = "record \(reader.recordCount) at byte \(offset) of the uncompressed archive: \(failure)"
            if reader.recordCount == 1 {
                throw ArchiveError(.unreadable, reader.name, "is no span archive: \(problem)")
            }
            record.batch.removeAll()
            record.problems.add(ArchiveProblem("\(reader.name): \(problem)"))
        }
        record.batch.keep(endingIn: range)
    }
}

extension DecodedRecord {
    /// Whether it is a record of which nothing is left.
    fileprivate var isEmptyRecord: Bool {
        guard case .record = head else { return false }
        return batch.count == 0 && batch.rejections.total == 0
    }
}
