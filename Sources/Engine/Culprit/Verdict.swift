/// The culprit of an interval, the certainty, and the reason. For the method and its limits see docs/culprit.md.
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

    /// nil if the culprit is not clear.
    package var side: Side?
    package var component: Component?
    package var certainty: Certainty
    /// One sentence for the person on call.
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
    /// On a healthy cluster, even on a busy machine, slowdowns over half a minute stay below 2.2; faults are far above.
    private static let slow = 3.0
    private static let verySlow = 6.0
    private static let slowConnection = 4.0
    /// If both ends grew a little, the culprit grew more by at least this ratio.
    private static let distinct = 1.4
    /// Clocks may put a few spans in the wrong place.
    private static let answeredMin = 3

    /// The verdict that the evidence supports.
    ///
    /// - Parameter ofKind: the verdict about some kinds of request; asked if no process is slow or silent.
    package func verdict(ofKind: () -> Verdict? = { nil }) -> Verdict {
        ofProcesses ?? ofKind() ?? ofFailures ?? .notClear(nothingSlower)
    }

    /// nil if no process is slow or silent.
    private var ofProcesses: Verdict? {
        if let gap = etcdGap {
            return callsAnsweredInGap < Self.answeredMin ? silentEtcd(gap) : missingEtcd(gap)
        }
        if let gap = apiServerStall { return silentAPIServer(gap) }
        // Slow handlers are conclusive whatever else was observed.
        if let apiServerGap, slowness(etcd) == nil { return missingAPIServer(apiServerGap) }
        guard requestCountBefore > 0 || etcd.countBefore > 0 else {
            return .notClear("there is nothing from before to compare with")
        }
        guard requestCount > 0 || etcd.now.count > 0 else { return .notClear("no request ended in this time") }
        if share(of: .webhook) >= 0.5, let slow = slowestWebhook { return slowWebhook(slow.component, slow.times) }
        let (etcdTimes, ownTimes) = (slowness(etcd), slowness(apiServer))
        if let etcdTimes, etcdTimes >= ownTimes ?? 0 { return slowEtcd(etcdTimes) }
        if let ownTimes { return slowAPIServer(ownTimes) }
        if let times = connection.times, times >= Self.slowConnection { return slowCalls(times) }
        return nil
    }

    /// How many times as long as before a side takes; nil unless it is slow.
    private func slowness(_ slowdown: Slowdown) -> Double? { slowdown.times.flatMap { $0 >= Self.slow ? $0 : nil } }

    /// Clear only if the other side was observed and compared.
    private func certainty(_ times: Double, against other: Slowdown) -> Verdict.Certainty {
        guard let others = other.times else { return .likely }
        return times >= Self.verySlow && times >= 2 * others ? .clear : .likely
    }

    /// The fraction of the growth of requests that belongs to a side, 0...1.
    private func share(of side: Side) -> Double {
        let growth = components.compactMap { part in part.growth.map { (side: part.component.side, time: $0) } }
            .filter { $0.time > 0 }
        let all = growth.reduce(0) { $0 + $1.time }
        guard all > 0 else { return 0 }
        return growth.filter { $0.side == side }.reduce(0) { $0 + $1.time } / all
    }

    /// The component of a side that grew most.
    private func component(of side: Side) -> Component? {
        components.filter { $0.component.side == side }.max { $0.growth ?? $0.now < $1.growth ?? $1.now }?.component
    }

    // MARK: Sides

    private func silentEtcd(_ gap: Gap) -> Verdict {
        let duration = VerdictText.duration(gap.duration)
        let rate = VerdictText.rate(gap.rate)
        return Verdict(
            side: .etcd, component: .etcd, certainty: .likely,
            why: "etcd: none of its spans ended for \(duration), down from \(rate) a second; the API server continued")
    }

    private func missingEtcd(_ gap: Gap) -> Verdict {
        .notClear(
            "no span of etcd ended for \(VerdictText.duration(gap.duration)), yet \(callsAnsweredInGap) calls to "
                + "it were answered meanwhile: \(VerdictText.mayBeMissing)")
    }

    private func silentAPIServer(_ gap: Gap) -> Verdict {
        Verdict(
            side: .apiServer, component: .apiServer, certainty: .likely,
            why: "apiserver: it was stopped for \(VerdictText.duration(gap.duration)): none of its spans ended, "
                + "and some cover all of that time")
    }

    private func missingAPIServer(_ gap: Gap) -> Verdict {
        let silent = "no span of the API server ended for \(VerdictText.duration(gap.duration))"
        // Only the API server calls etcd: if etcd was called, it was alive.
        guard handlersInGap < Self.answeredMin else {
            return .notClear(
                "\(silent), yet etcd answered \(handlersInGap) calls meanwhile: the two clocks may differ, or not all "
                    + "spans of the API server arrive")
        }
        return Verdict(
            side: .apiServer, component: .apiServer, certainty: .likely,
            why: "apiserver: \(silent), down from \(VerdictText.rate(gap.rate)) a second; etcd continued")
    }

    private func slowEtcd(_ times: Double) -> Verdict {
        let why = "etcd: its own handlers took \(VerdictText.p99(etcd)); \(besideEtcd)"
        guard apiServerGap == nil else {
            return Verdict(side: .etcd, component: .etcd, certainty: .likely, why: why)
        }
        // Handlers without a call in this interval may belong to another time.
        guard calls == 0 || isHandled else {
            return Verdict(
                side: .etcd, component: .etcd, certainty: .likely, why: "\(why); \(unhandledCalls)")
        }
        return Verdict(
            side: .etcd, component: .etcd, certainty: certainty(times, against: apiServer), why: why)
    }

    /// A clause about the API server while etcd is slow.
    private var besideEtcd: String {
        if let apiServerGap {
            return "no span of the API server ended for \(VerdictText.duration(apiServerGap.duration))"
        }
        if cached.trend == .unchanged { return "requests that never reach etcd are unaffected" }
        return VerdictText.beside(apiServer, "the API server's own work is", "the API server's own work")
    }

    private func slowAPIServer(_ times: Double) -> Verdict {
        // Requests that never reach etcd can't be slow because of etcd, observed or not.
        let isCertain = etcd.times == nil && (cached.times ?? 0) >= Self.verySlow && times >= Self.verySlow
        let etcdText =
            knowsEtcd
            ? VerdictText.beside(etcd, "etcd's own handlers are", "etcd's own handlers") : "etcd sends no spans"
        let work =
            queueBehindAuthorization.map {
                "authorization took \(VerdictText.p50(authorization)); requests queue behind it in priority-and-fairness "
                    + "(\(VerdictText.duration($0)))"
            } ?? "its own work on a request took \(VerdictText.p50(apiServer))"
        return Verdict(
            side: .apiServer,
            component: queueBehindAuthorization == nil ? component(of: .apiServer) ?? .apiServer : .authorization,
            certainty: isCertain ? .clear : certainty(times, against: etcd), why: "apiserver: \(work); \(etcdText)")
    }

    /// The mean time that requests queue, nanoseconds, if authorization is what they queue for: a request holds its seat
    /// while it is authorized, so a slow authorizer shows above all in the queue.
    private var queueBehindAuthorization: Int64? {
        guard component(of: .apiServer) == .priorityAndFairness, slowness(authorization) != nil,
            let queue = components.first(where: { $0.component == .priorityAndFairness })
        else { return nil }
        return Int64(queue.now)
    }

    /// The webhooks that took more of the time added to requests, if they are slow.
    private var slowestWebhook: (component: Component, times: Double)? {
        guard let component = component(of: .webhook) else { return nil }
        let slowdown = webhook(component)
        let times = [slowness(slowdown), slowdown.timesOfFew].compactMap(\.self).max()
        return times.map { (component, $0) }
    }

    private func webhook(_ component: Component) -> Slowdown {
        component == .validatingWebhook ? validatingWebhook : mutatingWebhook
    }

    private func slowWebhook(_ component: Component, _ times: Double) -> Verdict {
        Verdict(
            side: .webhook, component: component, certainty: times >= Self.verySlow ? .clear : .likely,
            why:
                "webhook: \(VerdictText.webhooks(component)) took \(VerdictText.p99(webhook(component))); they account for "
                + "\(Int((share(of: .webhook) * 100).rounded())) % of the time added to requests")
    }

    /// Whether etcd's handlers lie within the calls that started them, as they do if clocks agree and all spans arrive.
    /// Assumed if etcd doesn't join its callers' traces.
    private var isHandled: Bool { 2 * callsHandled >= calls || !areHandlersJoined }

    private var areHandlersJoined: Bool { 2 * handlersWithParent >= etcd.now.count }

    private var unhandledCalls: String {
        "\(calls - callsHandled) of \(calls) calls to etcd have no handler's span within them: \(VerdictText.mayBeMissing)"
    }

    /// Calls to etcd take longer: the end whose own time grew is the culprit, or the connection if neither's did.
    private func slowCalls(_ times: Double) -> Verdict {
        let slower = "calls to etcd took \(VerdictText.p99(connection))"
        guard knowsEtcd else {
            return .notClear("\(slower), but etcd sends no spans: etcd and the connection to it can't be told apart")
        }
        guard let etcdTimes = etcd.times, let ownTimes = apiServer.times else {
            let missing =
                VerdictText.missing(etcd, "spans of etcd's handlers") ?? VerdictText.missing(apiServer, "requests")
            return .notClear("\(slower), but \(missing ?? unhandledCalls)")
        }
        guard isHandled else { return .notClear("\(slower), but \(unhandledCalls)") }
        if etcd.trend == .grew, etcdTimes >= Self.distinct * ownTimes { return slowEtcd(etcdTimes) }
        if apiServer.trend == .grew, ownTimes >= Self.distinct * etcdTimes { return slowAPIServer(ownTimes) }
        guard etcd.trend == .unchanged, apiServer.trend == .unchanged else {
            return .notClear("calls to etcd got slower, but so did etcd and the API server, slightly")
        }
        if let stall { return stalled(stall) }
        return Verdict(
            side: .connection, component: .etcdClient,
            certainty: times >= 2 * Self.slowConnection && areHandlersJoined ? .clear : .likely,
            why: "connection: \(slower) beyond what etcd itself took; "
                + "etcd's own handlers and the API server's own work are unaffected")
    }

    /// Nothing that can be compared is slow; names what can't be.
    private var nothingSlower: String {
        var known: [String] = []
        var missing: [String] = []
        func judge(_ slowdown: Slowdown, _ name: String, _ spans: String) {
            if let text = VerdictText.missing(slowdown, spans) { missing.append(text) } else { known.append(name) }
        }
        if !knowsEtcd {
            missing.append("etcd sends no spans")
        } else if calls > 0, !isHandled {
            missing.append(unhandledCalls)
        } else if calls == 0, handlersWithParent > 0 {
            missing.append(
                "etcd answered \(handlersWithParent) calls that appear in no span of the API server: the two clocks may "
                    + "differ, or not all spans arrive")
        } else {
            judge(etcd, "etcd", "spans of etcd's handlers")
        }
        judge(apiServer, "the API server", "requests")
        // A cluster may have no webhooks, and they aren't called all the time.
        if mutatingWebhook.times != nil || validatingWebhook.times != nil { known.append("webhooks") }
        if connection.times != nil { known.append("the connection to etcd") }
        let but = missing.joined(separator: ", and ")
        guard !known.isEmpty else { return but }
        return but.isEmpty ? VerdictText.noneSlower(known) : "\(VerdictText.noneSlower(known)), but \(but)"
    }

    /// Neither end took longer for its work, but one of them did nothing for a while.
    private func stalled(_ stall: Stall) -> Verdict {
        let duration = VerdictText.duration(stall.longest)
        switch stall.process {
        case .etcd:
            return Verdict(
                side: .etcd, component: .etcd, certainty: .likely,
                why: "etcd: \(stall.calls) calls waited up to \(duration) for its handlers to begin, and continued "
                    + "together: it was stopped meanwhile")
        case .apiServer:
            return Verdict(
                side: .apiServer, component: .apiServer, certainty: .likely,
                why: "apiserver: \(stall.calls) calls to etcd were answered up to \(duration) before they "
                    + "ended, and ended together: it was stopped meanwhile")
        }
    }
}
