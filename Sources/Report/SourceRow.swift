package import Engine
import Support

/// A row of `sources`: what one instance of a service sent since the start.
package struct SourceRow: Encodable, Sendable {
    /// Empty if the resource doesn't name it; so is the instance.
    package var cluster: String
    package var service: String
    package var instance: String
    /// Accepted ones.
    package var spans: Int
    /// The earliest and the latest span end, RFC 3339.
    package var first: String
    package var last: String

    private init(_ labels: SourceLabels, _ counts: SourceCounts) {
        cluster = labels.cluster
        service = labels.service
        instance = labels.instance
        spans = counts.spans
        first = Timestamp.rfc3339(counts.first)
        last = Timestamp.rfc3339(counts.last)
    }

    /// One row for each source that is wanted, by cluster, service and instance.
    package static func rows(
        of table: SourceTable, where isWanted: (SourceLabels, SourceCounts) -> Bool = { _, _ in true }
    ) -> [SourceRow] {
        table.seen.filter { isWanted($0.labels, $0.counts) }.map { SourceRow($0.labels, $0.counts) }.sorted {
            ($0.cluster, $0.service, $0.instance) < ($1.cluster, $1.service, $1.instance)
        }
    }
}
