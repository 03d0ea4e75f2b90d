/// Which processes have taken the place of others: kube-apiserver has a new instance id after each restart.
enum Replacements {
    /// How long the old one may go on while the new one sends already, nanoseconds.
    private static let overlapMax: Int64 = 30_000_000_000

    /// The sources without those that another of the same service has replaced. Each takes the place of one at most, so that of
    /// three instances that fall silent two remain if only one begins.
    static func current(_ sources: [HeardSources.Source]) -> [HeardSources.Source] {
        let byService = Dictionary(grouping: sources.indices) { sources[$0].service }
        var replaced: Set<Int> = []
        for instances in byService.values {
            var successors = instances.sorted { sources[$0].firstEnd < sources[$1].firstEnd }
            for one in instances.sorted(by: { sources[$0].lastEnd < sources[$1].lastEnd }) {
                let successor = successors.firstIndex {
                    $0 != one && sources[$0].firstEnd > sources[one].firstEnd
                        && sources[$0].firstEnd >= sources[one].lastEnd - overlapMax
                        && sources[$0].lastEnd > sources[one].lastEnd + overlapMax
                }
                guard let successor else { continue }
                successors.remove(at: successor)
                replaced.insert(one)
            }
        }
        return sources.indices.filter { !replaced.contains($0) }.map { sources[$0] }
    }
}
