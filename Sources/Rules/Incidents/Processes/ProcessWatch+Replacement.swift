import Engine
import Support

/// Processes that others have replaced, such as the API servers of a rolling upgrade, where the new one begins before the
/// old one ends. Times are in nanoseconds since the epoch.
extension ProcessWatch {
    /// How long before the end of a process its replacement may have begun, and how long after.
    private static let overlapMax: Int64 = 600_000_000_000
    private static let pauseMax = silenceMin

    /// The process that has replaced one that is silent; nil if none has.
    func replacement(of record: ProcessRecord, at time: Int64) -> ProcessRecord? {
        guard isMissing(record, at: time) else { return nil }
        let end = record.lastEnd
        let range = end.subtractingSaturating(Self.overlapMax)...end.addingSaturating(Self.pauseMax)
        return peers(of: record)
            .filter { other in
                guard let begin = other.begin, range.contains(begin), other.quiet(at: time) < Self.hearing else {
                    return false
                }
                return other.source.service == record.source.service && !other.hasReplaced && !wasRemoved(other.source)
                    && other.isNewer(than: record)
            }
            .min { ($0.begin ?? 0, $0.source.instance) < ($1.begin ?? 0, $1.source.instance) }
    }

    /// - Parameter instance: the replacement's, if it is one of several.
    static func replaced(_ former: ProcessRecord, by instance: String?) -> ProcessEvent {
        ProcessEvent(
            kind: .restarted, since: former.lastEnd, cluster: former.source.cluster,
            side: former.role == .apiServer ? .apiServer : .etcd, instance: instance, certainty: .clear,
            why: "restarted")
    }
}
