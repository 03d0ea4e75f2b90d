package import Engine

package import Traces

/// A trace in archives.
package struct ArchivedTrace {
    /// nil if no archive has any of its spans.
    package private(set) var detail: TraceDetail?
    /// What is damaged.
    package let problems: [String]

    /// Reads archives to their end: any of them may have spans of the trace.
    /// - Throws: `ArchiveError` for what is no archive.
    package init(_ id: TraceID, in archives: [String]) throws {
        var records = ArchiveRecords(isSalvaging: true)
        var extract = TraceExtract([id])
        for name in archives {
            try records.forEach(in: name) { message, _, event in
                guard case .record = event else { return }
                try extract.add(message)
            }
        }
        problems = records.problems.all
        detail = TraceDetail(
            id, message: extract.message(), services: .usual, components: ComponentTable())
    }
}
