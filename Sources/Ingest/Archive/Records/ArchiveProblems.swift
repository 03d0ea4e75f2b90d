/// Something that was wrong with an archive.
package struct ArchiveProblem: Sendable {
    package enum Kind: Sendable {
        /// A record that can't be decoded.
        case record
        /// Damage at which reading ended.
        case end
        /// Damage that was passed over.
        case passedOver
    }

    package var kind: Kind
    package var text: String

    /// A record that can't be decoded.
    package init(_ text: String) {
        kind = .record
        self.text = text
    }

    /// Damage at which reading ended.
    ///
    /// - Parameter size: of the file, bytes; nil for a pipe.
    package init(_ error: ArchiveError, of size: Int?) {
        kind = .record
        text = error.description
        guard let from = error.lostFrom, let size, size >= from else { return }
        kind = .end
        text += "; \(size - from) bytes from byte \(from) on are not read"
    }

    /// Damage that was passed over.
    package init(_ loss: ArchiveLoss) {
        let (from, to) = (loss.range.lowerBound, loss.range.upperBound)
        kind = .passedOver
        text = "\(loss.error); passed over \(to - from) bytes, from byte \(from) to \(to)"
    }
}

/// What was wrong with an archive up to some record. Of all that may be wrong, the first few are kept.
package struct ArchiveProblems: Sendable {
    package private(set) var first: [ArchiveProblem] = []
    package private(set) var count = 0

    private static let kept = 10

    package init() {}

    mutating func add(_ problem: ArchiveProblem) {
        count += 1
        if first.count < Self.kept { first.append(problem) }
    }
}
