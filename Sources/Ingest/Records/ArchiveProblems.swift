/// Something that was wrong with an archive.
package struct ArchiveProblem: Sendable {
    package var text: String
    /// When the last record before it arrived, as far as the archive says, Unix nanoseconds.
    package var after: Int64?

    package init(_ text: String) {
        self.text = text
    }

    /// Damage at which reading ended.
    ///
    /// - Parameters:
    ///   - size: of the file, bytes.
    ///   - arrival: of the last record before, Unix nanoseconds.
    package init(_ error: ArchiveError, of size: Int?, after arrival: Int64?) {
        text = error.description
        if let from = error.lostFrom, let size, size >= from {
            text += "; \(size - from) bytes from byte \(from) on are not read"
        }
        after = arrival
    }

    /// Damage that was passed over.
    package init(_ loss: ArchiveLoss, after arrival: Int64?) {
        let (from, to) = (loss.range.lowerBound, loss.range.upperBound)
        text = "\(loss.error); passed over \(to - from) bytes, from byte \(from) to \(to)"
        after = arrival
    }
}

/// What was wrong with an archive. Of all that one may have wrong, the first few are told.
package struct ArchiveProblems: Sendable {
    private var first: [ArchiveProblem] = []
    private var count = 0

    private static let kept = 10

    package init() {}

    package mutating func add(_ problem: ArchiveProblem) {
        count += 1
        if first.count < Self.kept { first.append(problem) }
    }

    package mutating func add(_ later: ArchiveProblems) {
        count += later.count
        first += later.first.prefix(Self.kept - first.count)
    }

    /// A line for each, as `text` puts it, and one for those that are not told.
    package func lines(_ text: (ArchiveProblem) -> String = \.text) -> [String] {
        first.map(text) + (count > first.count ? ["… and \(count - first.count) more"] : [])
    }
}
