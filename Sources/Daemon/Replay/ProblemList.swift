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
    ///   - arrival: of the last record before, Unix nanoseconds.
    mutating func note(_ error: ArchiveError, of size: Int?, after arrival: Int64?) {
        var text = error.description
        if let from = error.lostFrom, let size, size >= from {
            text += "; \(size - from) bytes from byte \(from) on are not read"
        }
        note(text + Self.behind(arrival))
    }

    /// Damage that was passed over.
    mutating func note(_ loss: ArchiveLoss, after arrival: Int64?) {
        let (from, to) = (loss.range.lowerBound, loss.range.upperBound)
        note("\(loss.error); passed over \(to - from) bytes, from byte \(from) to \(to)\(Self.behind(arrival))")
    }

    private static func behind(_ arrival: Int64?) -> String {
        arrival.map { ", recorded after \(Timestamp.rfc3339($0))" } ?? ""
    }
}
