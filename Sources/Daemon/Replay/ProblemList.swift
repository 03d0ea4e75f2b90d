import Ingest
import Rules

/// What was wrong with an archive: the first problems, and how many there were.
struct ProblemList {
    private var first: [String] = []
    private var count = 0

    private static let kept = 10

    var all: [String] { count > first.count ? first + ["… and \(count - first.count) more"] : first }

    mutating func note(_ problem: String) {
        count += 1
        if first.count < Self.kept { first.append(problem) }
    }

    /// Damage at which reading ended.
    ///
    /// - Parameters:
    ///   - size: of the file, bytes.
    ///   - time: of the last record before, Unix nanoseconds; nil where there is none.
    mutating func note(_ error: ArchiveError, of size: Int?, after time: Int64?) {
        var text = error.description
        if let from = error.lostFrom, let size, size >= from {
            text += "; \(size - from) bytes from byte \(from) on are not read"
            if let time { text += ", recorded after \(Timestamp.rfc3339(time))" }
        }
        note(text)
    }

    /// Damage that was passed over.
    ///
    /// - Parameters:
    ///   - before: when the last record before it arrived, Unix nanoseconds; nil where there is none.
    ///   - behind: when the first behind it did.
    mutating func note(_ loss: ArchiveLoss, between before: Int64?, and behind: Int64?) {
        let (from, to) = (loss.range.lowerBound, loss.range.upperBound)
        var text = "\(loss.error); passed over \(to - from) bytes, from byte \(from) to \(to)"
        switch (before.map { Timestamp.rfc3339($0) }, behind.map { Timestamp.rfc3339($0) }) {
        case (let before?, let behind?): text += ", recorded between \(before) and \(behind)"
        case (let before?, nil): text += ", recorded after \(before)"
        case (nil, let behind?): text += ", recorded before \(behind)"
        case (nil, nil): break
        }
        note(text)
    }
}
