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
    private var reader: ArchiveReader
    private let decoder: SpanDecoder
    private let range: Range<Int64>
    private var lossCount = 0
    private var isAnyDecoded = false
    /// Of the first record that couldn't be decoded.
    private var firstProblem: String?

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
        decoder = SpanDecoder(services: services)
        let isAll = range == .min..<(.max)
        reader = try ArchiveReader(
            name, ArchiveOptions(spanEnds: isAll ? nil : range, isSalvaging: isSalvaging, spooled: spooled),
            readsAhead: readsAhead)
        self.range = range
    }

    /// In bytes; nil for a pipe.
    package var fileSize: Int? { reader.progress.size }

    /// Decodes records until one has spans or a clock reading comes. Reports and skips records that can't be decoded.
    /// Reports damage and ends there.
    package mutating func next(_ record: inout DecodedRecord) {
        record.removeAll()
        do {
            repeat { try decode(&record) } while record.isEmptyRecord
            noteLosses(&record)
        } catch {
            record.head = .end
            noteLosses(&record)
            if let refusal = refusal(error) {
                record.refusal = refusal
            } else {
                record.problems.add(ArchiveProblem(error, of: fileSize))
            }
        }
        record.isRecorded = reader.start != nil || reader.groupCount > 0
        record.recordedPosition = reader.recordedPosition
        record.fileOffset = reader.progress.read
    }

    /// The error if the file isn't an archive, because no record before the damage could be decoded.
    private func refusal(_ error: ArchiveError) -> ArchiveError? {
        if error.kind == .unreadable { return error }
        guard !isAnyDecoded, let firstProblem else { return nil }
        return ArchiveError(.unreadable, reader.name, "is not a span archive: \(firstProblem)")
    }

    private mutating func noteLosses(_ record: inout DecodedRecord) {
        while lossCount < reader.losses.count {
            record.problems.add(ArchiveProblem(reader.losses[lossCount]))
            lossCount += 1
        }
    }

    /// - Throws: if the archive is damaged; also at its end if no record could be decoded, because then it isn't an
    ///   archive.
    private mutating func decode(_ record: inout DecodedRecord) throws(ArchiveError) {
        record.batch.removeAll()
        let offset = reader.offset
        var failure: String?
        var omissions = Omissions()
        var arrival: Int64?
        let step = try reader.step { bytes, encoding, stamp in
            arrival = stamp?.arrival
            do throws(DecodeError) {
                try decoder.decode(record: bytes, encoding: encoding, into: &record.batch, &omissions)
            } catch {
                failure = error.description(of: bytes)
            }
        }
        switch step {
        case .record: record.head = .record(arrival: arrival)
        case .clock(let clock): record.head = .clock(clock)
        case .end:
            record.head = .end
            if !isAnyDecoded, let firstProblem {
                throw ArchiveError(.unreadable, reader.name, "is not a span archive: \(firstProblem)")
            }
        }
        let location = "record \(reader.recordCount) at byte \(offset) of the uncompressed archive"
        for text in omissions.texts { record.problems.add(ArchiveProblem("\(reader.name): \(location): \(text)")) }
        if let failure {
            let problem = "\(location): \(failure)"
            firstProblem = firstProblem ?? problem
            record.batch.removeAll()
            record.problems.add(ArchiveProblem("\(reader.name): \(problem)"))
        } else if record.head != .end {
            isAnyDecoded = true
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

extension SpanDecoder {
    /// Adds the spans of an archive's record to a batch.
    ///
    /// - Parameter omissions: collects what had to be left out.
    func decode(
        record: RawSpan, encoding: OTLPEncoding, into batch: inout SpanBatch, _ omissions: inout Omissions
    ) throws(DecodeError) {
        switch encoding {
        case .protobuf:
            try decode(record, into: &batch)
        case .json:
            let message = try TraceDocument.message(of: record, &omissions)
            try unsafe decode(message.span.bytes, into: &batch)
        }
    }
}
