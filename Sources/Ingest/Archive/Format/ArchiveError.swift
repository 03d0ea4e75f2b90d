/// Why an archive could not be read, or not to its end.
package struct ArchiveError: Error, CustomStringConvertible {
    package enum Kind: Sendable {
        /// It can't be opened, is empty or isn't an archive. Nothing was read.
        case unreadable
        /// It is damaged or cut off at some offset. All records before that were read.
        case damaged
        /// A temporary file that reading needs can't be created, written or read.
        case scratch
    }

    package let kind: Kind
    /// The archive's name, as given by the user.
    let archive: String
    package let problem: String
    /// Whether the file ends too early.
    package let isCut: Bool
    /// Offset in the file from which nothing was read; nil if unknown.
    package internal(set) var lostFrom: Int?

    package init(_ kind: Kind, _ archive: String, _ problem: String, isCut: Bool = false) {
        self.kind = kind
        self.archive = archive
        self.problem = problem
        self.isCut = isCut
    }

    package var description: String { "\(archive): \(problem)" }

    /// The command that advice on foreign formats pipes into. Commands other than `replay` substitute their own.
    package static let pipeCommand = "faultline replay -"
}

/// A damaged part of an archive that was skipped.
package struct ArchiveLoss: Sendable {
    package let error: ArchiveError
    /// Bytes of the file that were not read, or whose records were dropped.
    package let range: Range<Int>

    package init(error: ArchiveError, range: Range<Int>) {
        self.error = error
        self.range = range
    }
}

/// A problem found in an archive.
struct ArchiveProblem: Sendable {
    enum Kind: Sendable {
        /// A record couldn't be decoded.
        case record
        /// Reading stopped at damage.
        case end
        /// Damage was skipped.
        case skipped
    }

    var kind: Kind
    var text: String

    /// For a record that can't be decoded.
    init(_ text: String) {
        kind = .record
        self.text = text
    }

    /// For damage at which reading stopped.
    ///
    /// - Parameter size: bytes of the file; nil for a pipe.
    init(_ error: ArchiveError, of size: Int?) {
        kind = .record
        text = error.description
        guard let from = error.lostFrom, let size, size >= from else { return }
        kind = .end
        text += "; \(size - from) bytes from byte \(from) on were not read"
    }

    /// For damage that was skipped.
    init(_ loss: ArchiveLoss) {
        let (from, to) = (loss.range.lowerBound, loss.range.upperBound)
        kind = .skipped
        text = "\(loss.error); skipped \(to - from) bytes, from byte \(from) to \(to)"
    }
}

/// The problems found in an archive since the last record. Counts all of them, keeps the first few.
package struct ArchiveProblems: Sendable {
    private(set) var first: [ArchiveProblem] = []
    private(set) var count = 0

    private static let kept = 10

    init() {}

    mutating func add(_ problem: ArchiveProblem) {
        count += 1
        if first.count < Self.kept { first.append(problem) }
    }
}
