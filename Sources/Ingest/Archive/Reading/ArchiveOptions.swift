/// How much of an archive is read.
package struct ArchiveOptions: Sendable {
    /// Only parts whose spans may end in it, Unix nanoseconds; nil for all of it. Other spans may be read still.
    package var spanEnds: Range<Int64>?
    /// Whether to go on behind damage, at the next lz4 frame that is whole.
    package var isSalvaging = false

    /// What to read in place of the file that is named; nil for the file itself.
    package var spooled: SpooledInput?

    package init(spanEnds: Range<Int64>? = nil, isSalvaging: Bool = false, spooled: SpooledInput? = nil) {
        self.spanEnds = spanEnds
        self.isSalvaging = isSalvaging
        self.spooled = spooled
    }
}
