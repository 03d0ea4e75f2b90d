/// Which processes have taken the place of others: kube-apiserver has a new instance id after each restart.
enum Replacements {
    /// How long the old one may go on while the new one sends already, nanoseconds.
    private static let overlapMax: Int64 = 30_000_000_000

    /// How far apart the last spans of two may be that stopped at the same time: exporters send every five seconds.
    static let sameTimeMax: Int64 = 10_000_000_000

    /// The sources without those that another of the same service has replaced. Each takes the place of one at most, so that of
    /// three instances that fall silent two remain if only one begins; it is the one that ended last before it began.
    static func current(_ sources: [HeardSources.Source]) -> [HeardSources.Source] {
        let byService = Dictionary(grouping: sources.indices) { sources[$0].service }
        var replaced: Set<Int> = []
        for instances in byService.values {
            for successor in instances.sorted(by: { sources[$0].firstEnd < sources[$1].firstEnd }) {
                let ended = instances.filter {
                    !replaced.contains($0) && sources[$0].isReplaced(by: sources[successor], overlapMax: overlapMax)
                }
                if let last = ended.max(by: { sources[$0].lastEnd < sources[$1].lastEnd }) { replaced.insert(last) }
            }
        }
        return sources.indices.filter { !replaced.contains($0) }.map { sources[$0] }
    }
}

extension HeardSources.Source {
    /// Whether another process can have taken its place.
    ///
    /// - Parameter overlapMax: nanoseconds.
    fileprivate func isReplaced(by other: Self, overlapMax: Int64) -> Bool {
        other.firstEnd > firstEnd && other.firstEnd >= lastEnd - overlapMax && other.lastEnd > lastEnd + overlapMax
    }
}
