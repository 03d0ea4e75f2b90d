import Engine
import Support

/// Which processes aren't heard. Times are in nanoseconds since the epoch.
extension ProcessWatch {
    /// At most one event for each cluster.
    func silences(at time: Int64) -> [ProcessEvent] {
        let clusters = Set(records.keys.map(\.cluster)).sorted()
        return clusters.compactMap { cluster in silence(of: processes(of: cluster), in: cluster, at: time) }
    }

    private func processes(of cluster: String) -> [ProcessRecord] { inOrder.filter { $0.source.cluster == cluster } }

    private func silence(of all: [ProcessRecord], in cluster: String, at time: Int64) -> ProcessEvent? {
        let isSilent = { (record: ProcessRecord) in record.quiet(at: time) >= Self.silenceMin }
        let isMissing = { (record: ProcessRecord) in self.isMissing(record, at: time) }
        let servers = all.filter { $0.role == .apiServer }
        let missing = servers.filter(isMissing)
        if all.allSatisfy(isSilent), all.contains(where: isMissing) {
            return doesTimePass(in: cluster, at: time) ? Self.everything(all, cluster) : nil
        }
        let isHeard = { (record: ProcessRecord) in record.quiet(at: time) < Self.hearing }
        guard !missing.isEmpty, all.contains(where: isHeard) else { return nil }
        if servers.allSatisfy(isSilent) {
            return silenceOfAPIServers(since: servers.map(\.lastHeard).max() ?? 0, in: cluster)
        }
        let named = missing.filter { instance(of: $0) != nil }
        guard !named.isEmpty, servers.contains(where: isHeard) else { return nil }
        return Self.some(named, cluster)
    }

    /// Whether a process has been silent for so long that it is told.
    func isMissing(_ record: ProcessRecord, at time: Int64) -> Bool {
        record.quiet(at: time) >= Self.silenceMin && Self.isExpected(record, at: time)
    }

    /// Whether it should have sent a span since its last one.
    private static func isExpected(_ record: ProcessRecord, at time: Int64) -> Bool {
        record.wasHeardOnTime && record.isExpected(within: record.quiet(at: time))
    }

    /// Whether silence of all of a cluster would be noticed.
    func doesTimePass(in cluster: String, at time: Int64) -> Bool {
        judgesSilenceOfAll
            || records.values.contains { $0.source.cluster != cluster && $0.quiet(at: time) < Self.hearing }
    }

    /// When anything of a cluster was last heard; nil if nothing is known of it.
    func lastHeard(_ cluster: String) -> Int64? {
        records.values.filter { $0.source.cluster == cluster }.map(\.lastHeard).max()
    }

    /// Whether a process of a cluster hasn't been heard for a moment, so that it or all may be silent before long.
    func isInDoubt(_ cluster: String, at time: Int64) -> Bool {
        let quiet = records.values.filter { $0.source.cluster == cluster && $0.quiet(at: time) >= Self.doubtMin }
        return quiet.contains { $0.quiet(at: time) < Self.silenceMin }
            && quiet.contains { Self.isExpected($0, at: time) }
    }

    /// Whether a process of a cluster should have been heard by now, or is back and hasn't been judged.
    func isAnyAway(in cluster: String, at time: Int64) -> Bool {
        records.values.contains { record in
            record.source.cluster == cluster && (record.comeback != nil || Self.isExpected(record, at: time))
        }
    }

    /// Whether etcd alone is silent. While API servers do without it for longer, only its spans are missing.
    func isEtcdSilent(in cluster: String, at time: Int64) -> Bool {
        let all = processes(of: cluster)
        let members = all.filter { $0.role == .etcd }
        return !members.isEmpty && all.contains { $0.role == .apiServer && $0.quiet(at: time) < Self.hearing }
            && members.allSatisfy { (Self.silenceMin...Self.removedAfter).contains($0.quiet(at: time)) }
    }

    // MARK: What it means

    private static func everything(_ all: [ProcessRecord], _ cluster: String) -> ProcessEvent {
        let since = all.map(\.lastHeard).max() ?? 0
        return ProcessEvent(
            kind: .silent, since: since, cluster: cluster, side: nil, instance: nil, certainty: .notClear,
            why:
                "nothing from the control plane since \(Timestamp.rfc3339(since)): the API server is down or can't reach "
                + "Faultline; without spans it can't say which")
    }

    private static let namesMax = 5

    /// - Parameter missing: some of several.
    private static func some(_ missing: [ProcessRecord], _ cluster: String) -> ProcessEvent {
        let since = missing.map(\.lastHeard).max() ?? 0
        let names = missing.prefix(namesMax).map { PrintableText.escape($0.source.instance) }.joined(separator: ", ")
        let rest = missing.count > namesMax ? " and \(missing.count - namesMax) more" : ""
        return ProcessEvent(
            kind: .silent, extent: .some, since: since, cluster: cluster, side: .apiServer,
            instance: missing.count == 1 ? missing[0].source.instance : nil, certainty: .likely,
            why: "apiserver: no spans from the instance\(missing.count == 1 ? "" : "s") \(names)\(rest) since "
                + "\(Timestamp.rfc3339(since)), while others still send")
    }
}
