import Engine
import OTLP

/// Reads the records of one archive in order. Reports and skips those that can't be decoded, and parts that are damaged.
struct RecordReader: ~Copyable {
    private(set) var archive: ArchiveReader
    private let decoder: SpanDecoder
    private var reportedLossCount = 0
    private var isAnyDecoded = false
    /// Of the first record that couldn't be decoded.
    private var firstProblem: String?

    init(_ archive: consuming ArchiveReader, services: ServiceNames = .usual) {
        self.archive = archive
        decoder = SpanDecoder(services: services)
    }

    /// Reads the next record or clock reading. Damage that can't be skipped is a problem too, and the end.
    ///
    /// - Parameters:
    ///   - batch: gets the record's spans; empty if it can't be decoded.
    ///   - problems: gets what was wrong with the record and with damaged parts before it.
    ///   - body: gets a record that could be decoded, as protobuf. What it can't decode is reported likewise.
    /// - Throws: `ArchiveError` if this isn't an archive, or a temporary file fails.
    mutating func next(
        into batch: inout SpanBatch, _ problems: inout ArchiveProblems,
        _ body: (RawSpan, borrowing SpanBatch, RecordStamp?) throws(DecodeError) -> Void = { _, _, _ in }
    ) throws(ArchiveError) -> ArchiveReader.Step {
        do throws(ArchiveError) {
            let step = try step(&batch, &problems, body)
            reportLosses(to: &problems)
            if case .end = step { try requireDecoded() }
            return step
        } catch {
            reportLosses(to: &problems)
            guard error.kind == .damaged else { throw error }
            try requireDecoded()
            problems.add(ArchiveProblem(error, of: archive.progress.size))
            return .end
        }
    }

    private mutating func step(
        _ batch: inout SpanBatch, _ problems: inout ArchiveProblems,
        _ body: (RawSpan, borrowing SpanBatch, RecordStamp?) throws(DecodeError) -> Void
    ) throws(ArchiveError) -> ArchiveReader.Step {
        batch.removeAll()
        let offset = archive.offset
        var failure: String?
        var omissions = Omissions()
        let step = try archive.step { record, encoding, stamp in
            do throws(DecodeError) {
                switch encoding {
                case .protobuf:
                    try decoder.decode(record, into: &batch)
                    try body(record, batch, stamp)
                case .json:
                    let message = try TraceDocument.message(of: record, &omissions)
                    try unsafe decoder.decode(message.span.bytes, into: &batch)
                    try unsafe body(message.span.bytes, batch, stamp)
                }
            } catch {
                failure = error.description(of: record)
            }
        }
        if case .end = step { return step }
        let location = "record \(archive.recordCount) at byte \(offset) of the uncompressed archive"
        for text in omissions.texts { problems.add(ArchiveProblem("\(archive.name): \(location): \(text)")) }
        if let failure {
            firstProblem = firstProblem ?? "\(location): \(failure)"
            batch.removeAll()
            problems.add(ArchiveProblem("\(archive.name): \(location): \(failure)"))
        } else {
            isAnyDecoded = true
        }
        return step
    }

    /// - Throws: if records were found, but none could be decoded: then this isn't an archive.
    private func requireDecoded() throws(ArchiveError) {
        guard !isAnyDecoded, let firstProblem else { return }
        throw ArchiveError(.unreadable, archive.name, "is not a span archive: \(firstProblem)")
    }

    private mutating func reportLosses(to problems: inout ArchiveProblems) {
        for loss in archive.losses[reportedLossCount...] { problems.add(ArchiveProblem(loss)) }
        reportedLossCount = archive.losses.count
    }
}
