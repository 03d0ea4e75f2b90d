package import Engine
import OTLP

/// A record of an archive as spans: what the thread that reads an archive hands to the one that takes its records.
package struct DecodedRecord: ~Copyable, Sendable {
    package enum Head: Equatable, Sendable {
        /// A record.
        ///
        /// - Parameter arrival: Unix nanoseconds, of a recording; with it come readings of the clock.
        case record(arrival: Int64?)
        /// The rules were evaluated by this reading of the clock.
        case clock(ClockReading)
        /// Behind the last record: there are no spans, but there may be problems.
        case end
    }

    package internal(set) var head = Head.end
    /// Whether the archive is what a daemon recorded, with arrivals, as far as was read.
    package internal(set) var isRecorded = false
    /// Its place in the order of a recording; nil where the archive is none.
    package internal(set) var place: RecordedPlace?
    package internal(set) var batch = SpanBatch()
    /// What was wrong with records that were passed over before it, or with the archive.
    package internal(set) var problems = ArchiveProblems()
    /// What shows that the file is no archive.
    package internal(set) var refusal: ArchiveError?
    /// How far the archive is read, in bytes of its file.
    package internal(set) var fileOffset = 0

    package init() {}

    package var isEnd: Bool { head == .end }

    mutating func removeAll() {
        batch.removeAll()
        problems = ArchiveProblems()
    }
}

/// Decodes the records of an archive, one after the other.
package struct RecordDecoder: ~Copyable {
    private var reader: ArchiveReader
    private let decoder = SpanDecoder()
    private let range: Range<Int64>
    private var lossCount = 0
    private var isAnyDecoded = false
    /// Of a record that can't be decoded.
    private var firstProblem: String?

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
            if let refusal = refusal(error) {
                record.refusal = refusal
            } else {
                record.problems.add(ArchiveProblem(error, of: fileSize))
            }
        }
        record.isRecorded = reader.start != nil || reader.groupCount > 0
        record.place = reader.place
        record.fileOffset = reader.progress.read
    }

    /// What shows that the file is no archive: that none of its records up to the damage is one.
    private func refusal(_ error: ArchiveError) -> ArchiveError? {
        if error.kind == .unreadable { return error }
        guard !isAnyDecoded, let firstProblem else { return nil }
        return ArchiveError(.unreadable, reader.name, "is no span archive: \(firstProblem)")
    }

    private mutating func noteLosses(_ record: inout DecodedRecord) {
        while lossCount < reader.losses.count {
            record.problems.add(ArchiveProblem(reader.losses[lossCount]))
            lossCount += 1
        }
    }

    /// - Throws: where the archive is damaged; and at its end where none of its records could be decoded: then it is none.
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
                throw ArchiveError(.unreadable, reader.name, "is no span archive: \(firstProblem)")
            }
        }
        let place = "record \(reader.recordCount) at byte \(offset) of the uncompressed archive"
        for text in omissions.texts { record.problems.add(ArchiveProblem("\(reader.name): \(place): \(text)")) }
        if let failure {
            let problem = "\(place): \(failure)"
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
    /// Whether it is a record of which nothing is left.
    fileprivate var isEmptyRecord: Bool {
        guard case .record = head else { return false }
        return batch.count == 0 && batch.rejections.total == 0
    }
}

extension RecordDecoder {
    /// Why a file is no archive, as far as its first records tell; nil where it is one.
    ///
    /// - Throws: where the file can't be opened.
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
    /// - Parameter omissions: is told what of it could not be taken over.
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
