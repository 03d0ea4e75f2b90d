/// Who was at fault in an interval, how sure that is, and why. The method and its limits: docs/culprit.md.
package struct Verdict: Equatable, Sendable {
    package enum Certainty: String, Comparable, Codable, Sendable {
        case clear
        case likely
        case notClear = "not clear"

        private var rank: Int {
            switch self {
            case .notClear: 0
            case .likely: 1
            case .clear: 2
            }
        }

        package static func < (left: Certainty, right: Certainty) -> Bool { left.rank < right.rank }
    }

    /// nil where it is not clear.
    package var side: Side?
    package var component: Component?
    package var certainty: Certainty
    /// One sentence for whoever is on call.
    package var why: String

    package init(side: Side?, component: Component?, certainty: Certainty, why: String) {
        self.side = side
        self.component = component
        self.certainty = certainty
        self.why = why
    }

    static func notClear(_ why: String) -> Verdict {
        Verdict(side: nil, component: nil, certainty: .notClear, why: why)
    }
}

extension Evidence {
    /// In good health the shifts of half a minute stay below 2.2, of a busy machine too; faults are far above.
    private static let slow = 3.0
    private static let verySlow = 6.0
    /// The connection is what remains when neither end slowed: both have to be near what they were.
    private static let unaffected = 2.0
    private static let slowConnection = 4.0
    /// What tells the one end from the other where both grew a little.
    private static let distinct = 1.4
    /// Durations below which a shift says nothing.
    private static let countMin = 20

    /// The verdict that the evidence bears.
    package var verdict: Verdict {
        if let silence = etcdSilence { return silentEtcd(silence) }
        if let silence = apiServerSilence { return silentAPIServer(silence) }
        guard requestCountBefore > 0 || etcd.countBefore > 0 else {
            return .notClear("there is nothing from before to compare with")
        }
        guard requestCount > 0 || etcd.count > 0 else { return .notClear("no request ended in this time") }
        if isSlow(webhook), share(of: .webhook) >= 0.5 { return slowWebhook }
        let (etcdShift, ownShift) = (isSlow(etcd) ? etcd.ratio : 1, isSlow(apiServer) ? apiServer.ratio : 1)
        if etcdShift > 1, etcdShift >= ownShift { return slowEtcd }
        if ownShift > 1 { return slowAPIServer }
        if connection.count >= Self.countMin, connection.ratio >= Self.slowConnection { return slowCalls }
        return .notClear("neither etcd, the API server, webhooks nor the connection to etcd got clearly slower")
    }

    private func isSlow(_ shift: Shift) -> Bool { shift.count >= Self.countMin && shift.ratio >= Self.slow }

    private func certainty(_ shift: Shift, against other: Shift) -> Verdict.Certainty {
        shift.ratio >= Self.verySlow && shift.ratio >= 2 * other.ratio ? .clear : .likely
    }

    /// What part of the growth of requests falls to a side, 0...1.
    private func share(of side: Side) -> Double {
        let growth = components.filter { $0.growth > 0 }
        let all = growth.reduce(0) { $0 + $1.growth }
        guard all > 0 else { return 0 }
        return growth.filter { $0.component.side == side }.reduce(0) { $0 + $1.growth } / all
    }

    /// The component of a side that grew most.
    private func component(of side: Side) -> Component? {
        components.filter { $0.component.side == side }.max { $0.growth < $1.growth }?.component
    }

    // MARK: Sides

    private func silentEtcd(_ silence: Silence) -> Verdict {
        let duration = VerdictText.duration(silence.duration)
        let rate = VerdictText.rate(silence.rate)
        return Verdict(
            side: .etcd, component: .etcd, certainty: .likely,
            why: "etcd: no span of it ended for \(duration), \(rate) a second before; the API server went on")
    }

    private func silentAPIServer(_ silence: Silence) -> Verdict {
        Verdict(
            side: .apiServer, component: .apiServer, certainty: .likely,
            why: "apiserver: it stood still for \(VerdictText.duration(silence.duration)): no span of it ended, "
                + "and some last over all of that time")
    }

    private var slowEtcd: Verdict {
        Verdict(
            side: .etcd, component: .etcd, certainty: certainty(etcd, against: apiServer),
            why: "etcd: its own handlers took \(VerdictText.p99(etcd)); \(unaffectedByIt)")
    }

    private var unaffectedByIt: String {
        if cached.count >= Self.countMin, cached.ratio < Self.unaffected {
            return "requests that never reach etcd are unaffected"
        }
        if apiServer.ratio < Self.unaffected { return "the API server's own work is unaffected" }
        return "the API server's own work grew less (\(VerdictText.times(apiServer.ratio)))"
    }

    private var slowAPIServer: Verdict {
        let etcdText =
            !knowsEtcd
            ? "etcd sends no spans"
            : etcd.ratio < Self.unaffected
                ? "etcd's own handlers are unaffected"
                : "etcd's own handlers grew less (\(VerdictText.times(etcd.ratio)))"
        return Verdict(
            side: .apiServer, component: component(of: .apiServer) ?? .apiServer,
            certainty: certainty(apiServer, against: etcd),
            why: "apiserver: its own work on a request took \(VerdictText.p50(apiServer)); \(etcdText)")
    }

    private var slowWebhook: Verdict {
        Verdict(
            side: .webhook, component: component(of: .webhook) ?? .mutatingWebhook,
            certainty: webhook.ratio >= Self.verySlow ? .clear : .likely,
            why: "webhook: admission webhooks took \(VerdictText.p99(webhook)); they account for "
                + "\(Int((share(of: .webhook) * 100).rounded())) % of what requests take longer")
    }

    /// Calls of etcd take longer: charged to the end whose own time grew, to the connection when neither's did.
    private var slowCalls: Verdict {
        guard knowsEtcd else {
            return .notClear(
                "calls of etcd took \(VerdictText.p99(connection)), but etcd sends no spans: "
                    + "etcd and the connection to it can't be told apart")
        }
        if etcd.ratio >= Self.unaffected, etcd.ratio >= Self.distinct * apiServer.ratio { return slowEtcd }
        if apiServer.ratio >= Self.unaffected, apiServer.ratio >= Self.distinct * etcd.ratio { return slowAPIServer }
        guard etcd.ratio < Self.unaffected, apiServer.ratio < Self.unaffected else {
            return .notClear("calls of etcd got slower, but so did etcd and the API server, a little")
        }
        if let standstill { return stoodStill(standstill) }
        return Verdict(
            side: .connection, component: .etcdClient,
            certainty: connection.ratio >= 2 * Self.slowConnection ? .clear : .likely,
            why: "connection: calls of etcd took \(VerdictText.p99(connection)) beyond what etcd itself took; "
                + "etcd's own handlers and the API server's own work are unaffected")
    }

    /// Neither end took longer over what it did, but one of them did nothing for a while.
    private func stoodStill(_ standstill: Standstill) -> Verdict {
        let duration = VerdictText.duration(standstill.longest)
        switch standstill.process {
        case .etcd:
            return Verdict(
                side: .etcd, component: .etcd, certainty: .likely,
                why: "etcd: \(standstill.calls) calls waited up to \(duration) for its handlers to begin, and went on "
                    + "together: it stood still in between")
        case .apiServer:
            return Verdict(
                side: .apiServer, component: .apiServer, certainty: .likely,
                why: "apiserver: \(standstill.calls) calls of etcd were answered up to \(duration) before they "
                    + "ended, and ended together: it stood still in between")
        }
    }
}
