/// Why an archive could not be read, or not to its end.
package struct ArchiveError: Error, CustomStringConvertible {
    /// Whether the archive is none at all, or broke off after whole records.
    package enum Kind: Sendable {
        /// Not to be opened, empty, or no archive: nothing was read.
        case unreadable
        /// Damaged or cut at an offset: all records before it were read.
        case damaged
    }

    package let kind: Kind
    /// The archive as it was named.
    package let archive: String
    package let problem: String

    package init(_ kind: Kind, _ archive: String, _ problem: String) {
        self.kind = kind
        self.archive = archive
        self.problem = problem
    }

    package var description: String { "\(archive): \(problem)" }
}
