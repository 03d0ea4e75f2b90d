import Engine

/// Decodes the records of an archive, one after the other.
package struct RecordDecoder: ~Copyable {
    private var reader: ArchiveReader
    private let decoder = SpanDecoder()
    private let range: Range<Int64>

    /// - Parameter range: only spans that end in it are kept, Unix nanoseconds.
    package init(_ name: String, endingIn range: Range<Int64>) throws(ArchiveError) {
        reader = try ArchiveReader(name)
        self.range = range
    }

    /// The archive's size in bytes of its file; nil for a pipe.
    package var fileSize: Int? { reader.progress.size }

    /// Decodes records until one has spans. Those that can't be decoded are noted and passed over; damage is noted and
    /// ends the archive.
    mutating func next(_ record: inout DecodedRecord) {
        record.removeAll()
        do {
            repeat {
                record.isEnd = try !decode(&record)
            } while !record.isEnd && record.batch.count == 0 && record.batch.rejections.total == 0
        } catch {
            record.isEnd = true
            if error.kind == .unreadable { record.refusal = error } else { record.problems.add(error.description) }
        }
        record.fileOffset = reader.progress.read
    }

    /// - Returns: false at the archive's end.
    /// - Throws: where the archive is damaged; and where its first record is no OTLP: then it is no archive.
    private mutating func decode(_ record: inout DecodedRecord) throws(ArchiveError) -> Bool {
        record.batch.removeAll()
        let offset = reader.offset
        var failure: DecodeError?
        let isRecord = try reader.next { bytes, encoding in
            do throws(DecodeError) {
                try decoder.decode(bytes, encoding: encoding, into: &record.batch)
            } catch {
                failure = error
            }
        }
        if let failure {
            let problem = "record \(reader.recordCount) at byte \(offset) of the uncompressed archive: \(failure)"
            if reader.recordCount == 1 {
                throw ArchiveError(.unreadable, reader.name, "is no span archive: \(problem)")
            }
            record.batch.removeAll()
            record.problems.add("\(reader.name): \(problem)")
        }
        record.batch.keep(endingIn: range)
        return isRecord
    }
}
