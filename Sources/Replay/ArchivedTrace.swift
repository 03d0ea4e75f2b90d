import Archive
package import Engine
package import Traces

/// A trace in archives.
package struct ArchivedTrace {
    /// nil if no archive has any of its spans.
    package private(set) var detail: TraceDetail?
    /// What is damaged.
    package let problems: [String]

    /// For reading the archives a second time, for authentications that are traces of their own.
    private static let patience = Duration.seconds(60)

    /// Reads archives to their end: any of them may have spans of the trace.
    /// - Throws: `ArchiveError` for a file that isn't an archive.
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
        let components = ComponentTable()
        detail = TraceDetail(id, message: extract.message(), services: .usual, components: components)
        guard let requests = detail?.unauthenticated, !requests.isEmpty else { return }
        let recorded = RecordedTraces { archives.map { RecordedTraces.File(path: $0, modified: .max) } }
        let found = recorded.authentications(
            of: requests, in: id, before: .now + Self.patience, .usual, components)
        detail?.add(found.tied, message: found.message, components)
    }
}

extension RecentBodies {
    /// Keeps the records of archives, so that single traces can be shown with all that their spans carry.
    ///
    /// Reads the archives from their start. What is damaged is skipped: a replay reports that.
    ///
    /// - Parameters:
    ///   - archives: names of files.
    ///   - range: only records with a span that ends in it, in Unix nanoseconds.
    /// - Throws: `ArchiveError` for what is no archive.
    package func keep(recordsOf archives: [String], endingIn range: Range<Int64>) throws {
        var records = ArchiveRecords(isSalvaging: true)
        for name in archives {
            try records.forEach(in: name) { message, batch, event in
                guard case .record = event, (0..<batch.count).contains(where: { range.contains(batch.end($0)) }) else {
                    return
                }
                keep(message, batch, arrival: ArrivalEstimate.arrival(of: batch) ?? 0)
            }
        }
    }
}
