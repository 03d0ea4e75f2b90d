package import Archive

/// An archive that is replayed, and what is read of it. It may be opened more than once.
package struct ReplayArchive {
    package let name: String
    private let range: Range<Int64>
    private let isSalvaging: Bool
    private let spooled: SpooledInput?

    /// - Throws: `ArchiveError` for a pipe that can't be kept.
    package init(_ name: String, endingIn range: Range<Int64>, isSalvaging: Bool) throws(ArchiveError) {
        self.name = name
        self.range = range
        self.isSalvaging = isSalvaging
        spooled = try SpooledInput.spool(name)
    }

    /// Begins to read it.
    package func decoder(readsAhead: Bool) throws(ArchiveError) -> RecordDecoder {
        try RecordDecoder(
            name, endingIn: range, isSalvaging: isSalvaging, readsAhead: readsAhead, spooled: spooled)
    }
}
