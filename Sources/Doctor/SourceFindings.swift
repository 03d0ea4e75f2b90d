import Engine
import Support

/// What is missing or wrong about the sources of spans, and what to do about it.
package struct SourceFindings {
    /// Unix nanoseconds; for recorded spans their end.
    let now: Int64

    /// A process that sends has sent within it, nanoseconds, unless its spans are rarer: exporters send every five seconds.
    private static let silenceMin: Int64 = 30_000_000_000
    /// The same for all processes together: only the daemon's clock tells how late they are, and spans may be on their way.
    private static let silenceOfAllMin: Int64 = 60_000_000_000
    /// So has every process whose spans are rare.
    private static let silenceMax: Int64 = 120_000_000_000
    /// How many times as long as its spans are apart a process must be silent.
    private static let gapsMin = 20.0
    private static let offsetMin = 1.0
    /// How late most spans must be for a clock to be off, or for them to be held back, nanoseconds.
    private static let latenessMin: Int64 = 60_000_000_000
    /// How far in the future a span must end for a clock to be off, nanoseconds.
    private static let leadMin: Int64 = 10_000_000_000
    /// After how long a process counts as removed while others of its control plane send, nanoseconds.
    private static let removedAfter: Int64 = 86_400_000_000_000

    package init(now: Int64) { self.now = now }

    /// Whole sentences, most important first; empty if all is well.
    package func sentences(_ heard: HeardSources) -> [String] {
        guard !heard.sources.isEmpty else {
            return [
                "no spans have arrived. `faultline setup` prints what to add to kube-apiserver and etcd; if that is done, "
                    + "look for the endpoint in the API server's log, and check that the OTLP port can be reached from the "
                    + "control-plane nodes. etcd alone sends none: it traces what the API server does."
            ] + intake(heard)
        }
        let clusters = Dictionary(grouping: heard.sources, by: \.cluster)
        let split = SplitCluster(clusters.filter { !isEarly($0.value) })
        let found = clusters.keys.sorted().flatMap { cluster in
            let name =
                if !cluster.isEmpty {
                    "cluster \(PrintableText.escape(cluster)): "
                } else {
                    clusters.count > 1 ? "spans without k8s.cluster.name: " : ""
                }
            let isSplit = split?.clusters.contains(cluster) == true
            return sentences(heard, of: cluster, isSplit: isSplit).map { name + $0 }
        }
        return [split?.sentence].compactMap { $0 } + found + intake(heard)
    }

    /// - Parameter isSplit: what it lacks is said elsewhere.
    private func sentences(_ heard: HeardSources, of cluster: String, isSplit: Bool) -> [String] {
        let all = heard.sources.filter { $0.cluster == cluster }
        let sources = remaining(Replacements.current(all))
        let requests = heard.requests.filter { $0.cluster ?? "" == cluster }
        let operations = heard.operations.filter { $0.cluster ?? "" == cluster }
        guard !isEarly(sources) else { return future(sources) + clocks(sources) }
        let found: [[String]] = [
            isSplit ? [] : missing(sources), future(sources), silence(sources, among: all), unnamed(sources),
            joined(sources, requests), calls(operations, sources), clocks(sources),
        ]
        return found.flatMap { $0 }
    }

    private func calls(_ operations: [CallFindings.Operation], _ sources: [HeardSources.Source]) -> [String] {
        let roles = Dictionary(sources.map { ($0.service, $0.knownRole) }) { role, _ in role }
        return CallFindings(operations) { roles[$0] ?? .other }
            .sentences(silent: Set(silent(sources).map(\.knownRole)))
    }

    /// Nothing is said to be missing of a cluster that has only just begun to send: exporters send every few seconds, not all at
    /// the same time.
    private func isEarly(_ sources: [HeardSources.Source]) -> Bool {
        now - (sources.map(\.firstEnd).min() ?? now) < SettledTime.delay
    }

    /// Says of which clusters it is too early to tell what is missing; nil if of none.
    package func tooEarly(_ heard: HeardSources) -> String? {
        let byCluster = Dictionary(grouping: heard.sources, by: \.cluster)
        let early = byCluster.filter { isEarly($0.value) }.keys.sorted()
        guard let first = early.first else { return nil }
        let named = first.isEmpty ? "spans without k8s.cluster.name" : "cluster \(PrintableText.escape(first))"
        let others = early.count > 1 ? " and \(early.count - 1) more" : ""
        return (byCluster.count > 1 ? "\(named)\(others): " : "")
            + "too early to tell what is missing: the first spans are less than half a minute old"
    }

    /// Without processes that were removed long ago: scaled down, or with their node.
    private func remaining(_ sources: [HeardSources.Source]) -> [HeardSources.Source] {
        let latest = latest(of: sources)
        return sources.filter { latest - $0.lastEnd <= Self.removedAfter }
    }

    /// When the last span ended. A clock that is ahead, and not yet known to be, doesn't make others silent.
    private func latest(of sources: [HeardSources.Source]) -> Int64 { min(sources.map(\.lastEnd).max() ?? now, now) }

    private func missing(_ sources: [HeardSources.Source]) -> [String] {
        let unknown = Self.names(sources.filter { $0.knownRole == .other && !$0.service.isEmpty })
        let roles = Set(sources.map(\.knownRole))
        switch (roles.contains(.apiServer), roles.contains(.etcd)) {
        case (true, true): return []
        case (true, false):
            return [
                "kube-apiserver sends spans, etcd doesn't: time in etcd can't be separated from time on the connection to it. "
                    + "`faultline setup` prints etcd's flags." + Self.byAnotherName(unknown, [.etcd])
            ]
        case (false, true):
            return [
                "etcd sends spans, kube-apiserver doesn't: nothing is known about requests. `faultline setup` prints its "
                    + "TracingConfiguration." + Self.byAnotherName(unknown, [.apiServer])
            ]
        case (false, false):
            return [
                "neither kube-apiserver nor etcd sends spans, only \(Self.names(sources).joined(separator: ", ").shortened(60)). "
                    + "`faultline setup` prints what to add to them."
                    + Self.byAnotherName(unknown, [.apiServer, .etcd])
            ]
        }
    }

    private static func names(_ sources: [HeardSources.Source]) -> [String] {
        let names = sources.map { $0.service.isEmpty ? "one without service.name" : PrintableText.escape($0.service) }
        return Set(names).sorted()
    }

    /// What to do if a component sends under a name that the daemon doesn't know.
    private static func byAnotherName(_ unknown: [String], _ missing: [ServiceRole]) -> String {
        guard let first = unknown.first, let role = missing.first else { return "" }
        let names = unknown.joined(separator: ", ").shortened(60)
        let one = unknown.count > 1 ? "one of the services \(names)" : "the service \(names)"
        let components = missing.map { $0 == .etcd ? "etcd" : "kube-apiserver" }.joined(separator: " or ")
        let usual = role == .etcd ? "etcd*" : "apiserver, kube-apiserver*"
        let isPlain = first.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        let name = isPlain ? first : "\"\(first)\""
        return " If \(one) is \(components) by another name, add it to the daemon's configuration, as in "
            + "`services: {\(role.rawValue): [\(usual), \(name)]}`, and restart the daemon."
    }

    /// Everything that is silent, or single processes beside others that send.
    ///
    /// - Parameter all: with those that others have replaced.
    private func silence(_ sources: [HeardSources.Source], among all: [HeardSources.Source]) -> [String] {
        let own = sources.filter { [.apiServer, .etcd].contains($0.knownRole) }
        guard let latest = own.map(\.lastEnd).max() else { return [] }
        if now - latest > Self.silenceOfAllMin, own.contains(where: { isSilent($0, since: latest, at: now) }) {
            if let lateness = lateness(own) {
                return [
                    "the last span ended \(age(latest)) ago, and spans arrive up to \(durationText(seconds: lateness)) after their "
                        + "end: the clocks of the control plane are behind this machine's, so that no rule sees their "
                        + "spans in time (compare `date -u` on both; chronyc tracking), or a collector in between holds "
                        + "spans back."
                ]
            }
            return [
                "the last span ended \(age(latest)) ago: the control plane is down, or no longer reaches this daemon. "
                    + "Look for export errors in the API server's log."
            ]
        }
        let quiet = silent(sources)
        var said: Set<String> = []
        return quiet.compactMap { source in
            // If several stop at the same time and fewer begin, these may have taken the place of any of them.
            let stopped = all.filter {
                $0.service == source.service && abs($0.lastEnd - source.lastEnd) <= Replacements.sameTimeMax
            }
            let names = Set(stopped.map(\.name)).sorted()
            let count = quiet.count { names.contains($0.name) }
            let isKnown = count == names.count
            let who =
                switch count {
                case names.count: "\(source.name) has"
                case 1: "\(names.joined(separator: " or ")) has"
                default: "\(count) of \(names.joined(separator: ", ")) have"
                }
            guard said.insert(who).inserted else { return nil }
            return
                "\(who) sent nothing for \(age(source.lastEnd)), while others have: it is down or was removed, or its "
                + "tracing configuration differs from theirs."
                + (isKnown ? "" : " They stopped at the same time, and new instances have replaced the others.")
        }
    }

    /// How late spans arrive, seconds, if most of the control plane's do, and by minutes.
    private func lateness(_ sources: [HeardSources.Source]) -> Double? {
        let (late, all) = sources.reduce((0, 0)) { ($0.0 + $1.late, $0.1 + $1.spans) }
        guard late * 2 > all, let most = sources.compactMap(\.lateness_seconds).max() else { return nil }
        return most * 1e9 >= Double(Self.latenessMin) ? most : nil
    }

    /// Spans that end in the future. The API servers' clocks are the reference for those of etcd.
    private func future(_ sources: [HeardSources.Source]) -> [String] {
        let servers = sources.filter { $0.knownRole == .apiServer }
        let ahead = (servers.isEmpty ? sources : servers).filter { $0.lastEnd - now > Self.leadMin }
        guard let latest = ahead.map(\.lastEnd).max() else { return [] }
        let names = Set(ahead.map(\.name)).sorted().joined(separator: ", ").shortened(100)
        return [
            "spans of \(names) end up to \(stretchText(latest - now)) in the "
                + "future: the clock of the control plane is ahead of this machine's, or this one's is behind (compare "
                + "`date -u` on both; chronyc tracking). Alerts come that much later, and spans that are more than ten "
                + "minutes ahead are rejected."
        ]
    }

    /// Processes that have sent nothing for long while others of the control plane have.
    private func silent(_ sources: [HeardSources.Source]) -> [HeardSources.Source] {
        let own = sources.filter { [.apiServer, .etcd].contains($0.knownRole) }
        let latest = latest(of: own)
        return own.filter { isSilent($0, since: $0.lastEnd, at: latest) }
    }

    /// Whether a process would have sent something since some time.
    private func isSilent(_ source: HeardSources.Source, since start: Int64, at time: Int64) -> Bool {
        let span = Double(source.lastEnd - source.firstEnd)
        let apart = source.spans > 1 ? span / Double(source.spans - 1) : .infinity
        let rarely = min(apart * Self.gapsMin, Double(Self.silenceMax))
        return Double(time - start) > max(rarely, Double(Self.silenceMin))
    }

    /// Members of etcd without an instance id look like one, so that a silent or slow one isn't noticed.
    private func unnamed(_ sources: [HeardSources.Source]) -> [String] {
        let servers = Set(sources.filter { $0.knownRole == .apiServer }.map(\.instance))
        let members = sources.filter { $0.knownRole == .etcd }
        guard servers.count > 1, !members.isEmpty, members.allSatisfy({ $0.instance.isEmpty }) else { return [] }
        return [
            "\(servers.count) API servers send spans, but etcd's name no instance: if it has several members, they can't be "
                + "told apart, a silent or slow one isn't noticed, and if their clocks differ, none is corrected. Give each its own "
                + "--experimental-distributed-tracing-instance-id (from etcd 3.6 without `experimental-`)."
        ]
    }

    private func joined(_ sources: [HeardSources.Source], _ requests: [HeardSources.Request]) -> [String] {
        let hasEtcd = sources.contains { $0.knownRole == .etcd && now - $0.lastEnd <= Self.silenceMax }
        let parts = requests.flatMap(\.components)
        let isAwaited = parts.contains { $0.component == "etcd-client" && $0.seconds > 0 }
        let isJoined = parts.contains { $0.component == "etcd" && $0.seconds > 0 }
        guard hasEtcd, isAwaited, !isJoined else { return [] }
        return [
            "etcd's spans belong to none of the last five minutes' requests: etcd samples by itself (leave its sampling "
                + "rate unset), or something between the two drops the traceparent metadata."
        ]
    }

    private func clocks(_ sources: [HeardSources.Source]) -> [String] {
        sources.compactMap { source in
            guard let offset = source.clock_offset_seconds, abs(offset) >= Self.offsetMin else { return nil }
            return "the clock of \(source.name) is \(durationText(seconds: abs(offset))) "
                + "\(offset > 0 ? "ahead of" : "behind") the API server's. Its spans are corrected for it; synchronize the "
                + "host's clock all the same (chronyc tracking)."
        }
    }

    private func age(_ time: Int64) -> String { stretchText(max(now - time, 0)) }
}
