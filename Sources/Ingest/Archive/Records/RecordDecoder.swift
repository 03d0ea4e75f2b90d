package import Engine
import OTLP

/// A decoded record of an archive, passed from the decoding thread to the reader.
package struct DecodedRecord: ~Copyable, Sendable {
    package enum Head: Equatable, Sendable {
        /// A record with spans.
        ///
        /// - Parameter arrival: Unix nanoseconds; nil if the archive isn't a recording.
        case record(arrival: Int64?)
        /// The rules were evaluated at this clock reading.
        case clock(ClockReading)
        /// The end of the archive. There are no spans, but there may be problems.
        case end
    }

    package internal(set) var head = Head.end
    /// Whether a daemon recorded the archive, with arrivals, as far as it was read.
    package internal(set) var isRecorded = false
    /// Its position in the recording; nil if the archive isn't one.
    package internal(set) var recordedPosition: RecordedPosition?
    package internal(set) var batch = SpanBatch()
    /// Problems with skipped records before it, or with the archive.
    package internal(set) var problems = ArchiveProblems()
    /// Set if the file turns out not to be an archive.
    package internal(set) var refusal: ArchiveError?
    /// Bytes of the file read so far.
    package internal(set) var fileOffset = 0

    package init() {}

    package var isEnd: Bool { head == .end }

    mutating func removeAll() {
        batch.removeAll()
        problems = ArchiveProblems()
    }
}

/// Decodes the records of an archive in order.
package struct RecordDecoder: ~Copyable {
    private var records: RecordReader
    private let range: Range<Int64>

    /// - Parameters:
    ///   - range: keep only spans that end in it, Unix nanoseconds.
    ///   - isSalvaging: whether to skip damage where possible.
    ///   - readsAhead: whether to allow a thread that reads ahead; takes more memory.
    ///   - spooled: what to read instead of the named file.
    ///   - services: which services have which role.
    package init(
        _ name: String, endingIn range: Range<Int64>, isSalvaging: Bool = false, readsAhead: Bool = true,
        spooled: SpooledInput? = nil, services: ServiceNames = .usual
    ) throws(ArchiveError) {
        let isAll = range == .min..<(.max)
        let archive = try ArchiveReader(
            name, ArchiveOptions(spanEnds: isAll ? nil : range, isSalvaging: isSalvaging, spooled: spooled),
            readsAhead: readsAhead)
        records = RecordReader(archive, services: services)
        self.range = range
    }

    /// In bytes; nil for a pipe.
    package var fileSize: Int? { records.archive.progress.size }

    /// Decodes records until one has spans or a clock reading comes. Reports and skips records that can't be decoded.
    /// Reports damage and ends there.
    package mutating func next(_ record: inout DecodedRecord) {
        record.removeAll()
        do {
            repeat { try decode(&record) } while record.isEmptyRecord
        } catch {
            record.head = .end
            if error.kind == .unreadable {
                record.refusal = error
            } else {
                record.problems.add(ArchiveProblem(error, of: fileSize))
            }
        }
        record.isRecorded = records.archive.start != nil || records.archive.groupCount > 0
        record.recordedPosition = records.archive.recordedPosition
        record.fileOffset = records.archive.progress.read
    }

    private mutating func decode(_ record: inout DecodedRecord) throws(ArchiveError) {
        var arrival: Int64?
        let step = try records.next(into: &record.batch, &record.problems) { _, _, stamp in arrival = stamp?.arrival }
        record.head =
            switch step {
            case .record: .record(arrival: arrival)
            case .clock(let clock): .clock(clock)
            case .end: .end
            }
        record.batch.keep(endingIn: range)
    }
}

extension DecodedRecord {
    /// Whether it is a record without any spans, accepted or rejected.
    fileprivate var isEmptyRecord: Bool {
        guard case .record = head else { return false }
        return batch.count == 0 && batch.rejections.total == 0
    }
}

extension RecordDecoder {
    /// Checks whether a file is an archive by decoding its first records; nil if it is.
    ///
    /// - Throws: if the file can't be opened.
    package static func refusal(of name: String) throws(ArchiveError) -> ArchiveError? {
        var decoder = try RecordDecoder(name, endingIn: .min..<(.max), readsAhead: false)
        var first = DecodedRecord()
        decoder.next(&first)
        return first.refusal
    }
}
