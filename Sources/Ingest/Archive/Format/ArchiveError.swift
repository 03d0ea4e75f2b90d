/// Why an archive could not be read, or not to its end.
package struct ArchiveError: Error, CustomStringConvertible {
    /// Whether the archive is none at all, or broke off after whole records.
    package enum Kind: Sendable {
        /// Not to be opened, empty, or no archive: nothing was read.
        case unreadable
        /// Damaged or cut at an offset: all records before it were read.
        case damaged
        /// A temporary file that reading it takes can't be made, written or read.
        case scratch
    }

    package let kind: Kind
    /// The archive as it was named.
    package let archive: String
    package let problem: String
    /// Whether the file ends where more should come.
    let isCut: Bool
    /// The offset in the file from which on nothing was read; nil where that isn't known.
    package internal(set) var lostFrom: Int?

    package init(_ kind: Kind, _ archive: String, _ problem: String, isCut: Bool = false) {
        self.kind = kind
        self.archive = archive
        self.problem = problem
        self.isCut = isCut
    }

    package var description: String { "\(archive): \(problem)" }

    /// What an archive in another form is piped to, where advice says so; whoever reads archives by another command has that
    /// take its place.
    package static let pipeCommand = "faultline replay -"
}

/// A damaged part of an archive that was passed over.
package struct ArchiveLoss: Sendable {
    /// What was found wrong.
    package let error: ArchiveError
    /// Bytes of the file that were not read, or whose records were not.
    package let range: Range<Int>
}

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
