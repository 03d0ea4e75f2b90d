import Archive
import Engine
import Glibc
import OTLP

/// One reading of recorded files, for as long as its deadline allows.
struct RecordedReading {
    /// The newest first.
    let files: [RecordedTraces.File]
    private let deadline: ContinuousClock.Instant
    /// Each part once, however often it was met.
    private(set) var damage: [RecordedTraces.Damage] = []

    init(_ files: [RecordedTraces.File], _ deadline: ContinuousClock.Instant) {
        self.files = files
        self.deadline = deadline
    }

    /// Reads the records of a file as protobuf messages. What is damaged is left out and noted; a file that was removed
    /// meanwhile, or that isn't an archive, has none.
    ///
    /// - Parameters:
    ///   - range: only the parts whose spans may end in it, Unix nanoseconds; nil for everything.
    ///   - body: takes a message and when it arrived, or the file was written last.
    /// - Returns: false if there is no time left.
    mutating func read(
        _ file: RecordedTraces.File, endingIn range: Range<Int64>?, _ body: (RawSpan, Int64) -> Void
    ) -> Bool {
        let options = ArchiveOptions(spanEnds: range, isSalvaging: true)
        var losses: [ArchiveLoss] = []
        defer { for loss in losses { note(loss, in: file) } }
        do throws(ArchiveError) {
            var reader = try ArchiveReader(file.path, options, readsAhead: false)
            defer { losses = reader.losses }
            while ContinuousClock.now < deadline {
                let step = try reader.step { record, encoding, stamp in
                    Self.withMessage(record, encoding) { body($0, stamp?.arrival ?? file.modified) }
                }
                if case .end = step { return true }
            }
            return false
        } catch {
            // A file that was just begun is empty, and retention may have removed another.
            guard !file.isGrowing || error.kind == .damaged, let size = Self.byteCount(file.path) else { return true }
            let start = error.lostFrom ?? 0
            losses.append(ArchiveLoss(error: error, range: start..<max(start, size)))
            return true
        }
    }

    /// Only messages that could be decoded are recorded. Other archives may hold anything, which their replay has
    /// reported.
    private static func withMessage(_ record: RawSpan, _ encoding: OTLPEncoding, _ body: (RawSpan) -> Void) {
        guard encoding == .json else { return body(record) }
        var omissions = Omissions()
        guard let message = try? TraceDocument.message(of: record, &omissions) else { return }
        unsafe body(message.span.bytes)
    }

    /// nil if there is no such file.
    private static func byteCount(_ path: String) -> Int? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    private mutating func note(_ loss: ArchiveLoss, in file: RecordedTraces.File) {
        guard !(file.isGrowing && loss.error.isCut) else { return }
        let part = RecordedTraces.Damage(path: file.path, bytes: loss.range, problem: loss.error.problem)
        if !damage.contains(part) { damage.append(part) }
    }
}
