/// What is recorded, where, and for how long. See docs/configuration.md.
package struct RecordingSettings: Equatable, Sendable {
    /// When a request is acknowledged.
    package enum Mode: String, CaseIterable, Sendable {
        /// When its spans are in the window; they are on disk about a second later.
        case memory
        /// When it is on disk.
        case durable
    }

    /// nil where nothing is recorded.
    package var directory: String?
    package var mode = Mode.memory
    /// A file is finished when it is larger, or when it was begun longer ago (nanoseconds).
    package var rotateBytes = 256 << 20
    package var rotateAfter: Int64 = 3_600_000_000_000
    /// Of all files of the directory: the oldest go first.
    package var retainBytes = 10 << 30
    /// Files that were written to last longer ago go, nanoseconds; nil for as long as there is room.
    package var retainAge: Int64?

    /// A file is at most a quarter of what is kept, so that most is still there after one went.
    package var fileBytesMax: Int { max(1, min(rotateBytes, retainBytes / Self.filesRetained)) }
    package static let filesRetained = 4
    /// With less a file holds little beside its head and its index.
    package static let fileBytesLeast = 4 << 10

    package init() {}
}
