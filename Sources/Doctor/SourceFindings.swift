import Engine
import Support

/// What is missing or wrong about the sources of spans, and what to do about it.
package struct SourceFindings {
    /// Unix nanoseconds; for recorded spans their end.
    let now: Int64

    /// A control plane that sends has sent within it, nanoseconds: exporters send every five seconds.
    private static let silenceMin: Int64 = 120_000_000_000
    /// So has a process beside others that send, nanoseconds, unless its spans are rarer.
    private static let silenceOfOneMin: Int64 = 30_000_000_000
    /// How many times as long as its spans are apart a process must be silent.
    private static let gapsMin = 20.0
    private static let offsetMin = 1.0

    package init(now: Int64) { self.now = now }

    /// Whole sentences, most important first; empty if all is well.
    package func sentences(_ heard: HeardSources) -> [String] {
        guard !heard.sources.isEmpty else {
            return [
                "no spans have arrived. `faultline setup` prints what to add to kube-apiserver and etcd; if that is done, "
                    + "look for the endpoint in the API server's log, and check that the OTLP port can be reached from the "
                    + "control-plane nodes."
            ] + intake(heard)
        }
        let clusters = Set(heard.sources.map(\.cluster)).sorted()
        return clusters.flatMap { cluster in
            let sources = Replacements.current(heard.sources.filter { $0.cluster == cluster })
            let requests = heard.requests.filter { $0.cluster ?? "" == cluster }
            let operations = heard.operations.filter { $0.cluster ?? "" == cluster }
            let name =
                if !cluster.isEmpty {
                    "cluster \(PrintableText.escape(cluster)): "
                } else {
                    clusters.count > 1 ? "spans without k8s.cluster.name: " : ""
                }
            guard !isEarly(sources) else { return clocks(sources).map { name + $0 } }
            let found: [[String]] = [
                missing(sources), silence(sources), unnamed(sources), joined(sources, requests),
                CallFindings(operations).sentences(silent: Set(silent(sources).map(\.role))), clocks(sources),
            ]
            return found.flatMap { $0 }.map { name + $0 }
        } + intake(heard)
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

    private func missing(_ sources: [HeardSources.Source]) -> [String] {
        let roles = Set(sources.map(\.role))
        switch (roles.contains(.apiServer), roles.contains(.etcd)) {
        case (true, true): return []
        case (true, false):
            return [
                "kube-apiserver sends spans, etcd doesn't: time in etcd can't be separated from time on the connection to it. "
                    + "`faultline setup` prints etcd's flags."
            ]
        case (false, true):
            return [
                "etcd sends spans, kube-apiserver doesn't: nothing is known about requests. `faultline setup` prints its "
                    + "TracingConfiguration."
            ]
        case (false, false):
            let services = sources.map {
                $0.service.isEmpty ? "one without service.name" : PrintableText.escape($0.service)
            }
            let names = Set(services).sorted().joined(separator: ", ")
            return [
                "neither kube-apiserver nor etcd sends spans, only \(names.shortened(60)). If one of these is "
                    + "kube-apiserver or etcd by another name, say so under `services:`."
            ]
        }
    }

    /// Everything that is silent, or single processes beside others that send.
    private func silence(_ sources: [HeardSources.Source]) -> [String] {
        let own = sources.filter { [.apiServer, .etcd].contains($0.role) }
        guard let latest = own.map(\.lastEnd).max() else { return [] }
        if now - latest > Self.silenceMin {
            return [
                "the last span ended \(age(latest)) ago: the control plane is down, or no longer reaches this daemon. "
                    + "Look for export errors in the API server's log."
            ]
        }
        return silent(sources).map { source in
            "\(source.name) has sent nothing for \(age(source.lastEnd)), while "
                + "others have: it is down or was removed, or its tracing configuration differs from theirs."
        }
    }

    /// Processes that have sent nothing for long while others of the control plane have.
    private func silent(_ sources: [HeardSources.Source]) -> [HeardSources.Source] {
        let own = sources.filter { [.apiServer, .etcd].contains($0.role) }
        // A clock that is ahead, and not yet known to be, doesn't make others silent.
        let latest = min(own.map(\.lastEnd).max() ?? now, now)
        return own.filter { source in
            let span = Double(source.lastEnd - source.firstEnd)
            let apart = source.spans > 1 ? span / Double(source.spans - 1) : .infinity
            let rarely = min(apart * Self.gapsMin, Double(Self.silenceMin))
            return Double(latest - source.lastEnd) > max(rarely, Double(Self.silenceOfOneMin))
        }
    }

    /// Members of etcd without an instance id look like one, so that a silent or slow one isn't noticed.
    private func unnamed(_ sources: [HeardSources.Source]) -> [String] {
        let servers = Set(sources.filter { $0.role == .apiServer }.map(\.instance))
        let members = sources.filter { $0.role == .etcd }
        guard servers.count > 1, !members.isEmpty, members.allSatisfy({ $0.instance.isEmpty }) else { return [] }
        return [
            "\(servers.count) API servers send spans, but etcd's name no instance: if it has several members, they can't be "
                + "told apart, and a silent or slow one isn't noticed. Give each its own "
                + "--experimental-distributed-tracing-instance-id (from etcd 3.6 without `experimental-`)."
        ]
    }

    private func joined(_ sources: [HeardSources.Source], _ requests: [HeardSources.Request]) -> [String] {
        let hasEtcd = sources.contains { $0.role == .etcd && now - $0.lastEnd <= Self.silenceMin }
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

    /// In whole seconds.
    private func age(_ time: Int64) -> String {
        DurationText.format(max(now - time, 0) / 1_000_000_000 * 1_000_000_000)
    }
}
