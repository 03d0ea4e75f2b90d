package import Engine

/// A record of an archive as spans: what the thread that reads an archive hands to the one that takes its records.
package struct DecodedRecord: ~Copyable, Sendable {
    package internal(set) var batch = SpanBatch()
    /// True behind the last record: there are no spans, but there may be problems.
    package internal(set) var isEnd = false
    /// What was wrong with records that were passed over before it, or with the archive's end.
    package internal(set) var problems = ArchiveProblems()
    /// What shows that the file is no archive.
    package internal(set) var refusal: ArchiveError?
    /// How far the archive is read, in bytes of its file.
    package internal(set) var fileOffset = 0

    package init() {}

    mutating func removeAll() {
        batch.removeAll()
        isEnd = false
        problems = ArchiveProblems()
    }
}

/// What was wrong with an archive. Of all that one may have wrong, the first few are told.
package struct ArchiveProblems: Sendable {
    private var first: [String] = []
    private var count = 0

    private static let kept = 10

    package init() {}

    mutating func add(_ problem: String) {
        count += 1
        if first.count < Self.kept { first.append(problem) }
    }

    package mutating func add(_ later: ArchiveProblems) {
        count += later.count
        first += later.first.prefix(Self.kept - first.count)
    }

    package var lines: [String] { count > first.count ? first + ["… and \(count - first.count) more"] : first }
}
