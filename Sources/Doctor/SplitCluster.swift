import Engine
import Support

/// API servers and etcd that don't name the same cluster, so that their spans are never joined.
struct SplitCluster {
    /// The clusters that have only the one or only the other; empty for spans that name none.
    private let servers, members: [String]

    /// - Parameter clusters: the sources of each, by its name.
    /// - Returns: nil if it isn't so.
    init?(_ clusters: [String: [HeardSources.Source]]) {
        let roles = clusters.mapValues { Set($0.map(\.knownRole)) }
        servers = roles.filter { $1.contains(.apiServer) && !$1.contains(.etcd) }.keys.sorted()
        members = roles.filter { $1.contains(.etcd) && !$1.contains(.apiServer) }.keys.sorted()
        guard !servers.isEmpty, !members.isEmpty else { return nil }
        // Beside others, each of two named clusters may lack something of its own.
        guard servers.contains("") || members.contains("") || clusters.count == 2 else { return nil }
    }

    var clusters: Set<String> { Set(servers + members) }

    var sentence: String {
        let apart = ", so they count as different clusters and are never joined. "
        if servers.contains("") || members.contains("") {
            let (silent, others, names) =
                members.contains("") ? ("etcd", "the API servers", servers) : ("the API servers", "etcd", members)
            let shown = names.map { PrintableText.escape($0) }.joined(separator: ", ").shortened(60)
            let name = names.count == 1 ? PrintableText.escape(names[0]) : "NAME"
            return "the spans of \(silent) name no cluster, those of \(others) name \(shown)\(apart)"
                + "Start \(silent) with OTEL_RESOURCE_ATTRIBUTES=k8s.cluster.name=\(name) in the environment; "
                + "`faultline setup --cluster \(name)` prints where."
        }
        return "the spans of the API servers name cluster \(PrintableText.escape(servers[0])), those of etcd "
            + "\(PrintableText.escape(members[0]))\(apart)If they are one, name it alike for both: "
            + "`faultline setup --cluster NAME` prints where."
    }
}
