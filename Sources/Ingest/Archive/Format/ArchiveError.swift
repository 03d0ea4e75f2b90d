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
