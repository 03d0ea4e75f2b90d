import Engine
package import Traces

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
                keep(message, batch, arrival: ReplayClock.arrival(of: batch) ?? 0)
            }
        }
    }
}
