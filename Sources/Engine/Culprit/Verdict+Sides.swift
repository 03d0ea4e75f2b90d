// What the verdict says about each side: each sentence has the comparison that decided.
extension Evidence {
    // MARK: Silence

    func silentEtcd(_ gap: Gap) -> Verdict {
        Verdict(
            side: .etcd, component: .etcd, certainty: .likely,
            why: "etcd: none of its spans ended for \(VerdictText.duration(gap.duration)), down from "
                + "\(VerdictText.rate(gap.rate)) a second; the API server continued"
                + (failures.etcdCalls.isUnusual ? ", and \(failedEtcdCalls)" : ""))
    }

    func missingEtcd(_ gap: Gap) -> Verdict {
        .notClear(
            "no span of etcd ended for \(VerdictText.duration(gap.duration)), yet \(callsAnsweredInGap) calls to "
                + "it were answered meanwhile: \(VerdictText.mayBeMissing)")
    }

    func silentAPIServer(_ gap: Gap) -> Verdict {
        Verdict(
            side: .apiServer, component: .apiServer, certainty: .likely,
            why: "apiserver: it was stopped for \(VerdictText.duration(gap.duration)): none of its spans ended, "
                + "and some cover all of that time")
    }

    /// - Parameter isAnswered: whether etcd was called meanwhile. Only the API server calls it.
    func missingAPIServer(_ gap: Gap, isAnswered: Bool) -> Verdict {
        let silent = "no span of the API server ended for \(VerdictText.duration(gap.duration))"
        guard !isAnswered else {
            return .notClear(
                "\(silent), yet etcd answered \(handlersInGap) calls meanwhile: the two clocks may differ, or not all "
                    + "spans of the API server arrive")
        }
        return Verdict(
            side: .apiServer, component: .apiServer, certainty: .likely,
            why: "apiserver: \(silent), down from \(VerdictText.rate(gap.rate)) a second; etcd continued")
    }

    // MARK: etcd

    var slowEtcd: Verdict {
        let why = "etcd: its own handlers took \(VerdictText.grown(etcd)); \(besideEtcd)"
        guard apiServerGap == nil else {
            return Verdict(side: .etcd, component: .etcd, certainty: .likely, why: why)
        }
        // Handlers without a call in this interval may belong to another time.
        guard calls == 0 || isHandled else {
            return Verdict(side: .etcd, component: .etcd, certainty: .likely, why: "\(why); \(unhandledCalls)")
        }
        return Verdict(side: .etcd, component: .etcd, certainty: certainty(of: etcd, against: ownWork), why: why)
    }

    /// A clause about the API server while etcd is slow.
    private var besideEtcd: String {
        if let apiServerGap {
            return "no span of the API server ended for \(VerdictText.duration(apiServerGap.duration))"
        }
        let beside =
            ownWorkWithoutEtcd.trend == .unchanged
            ? "the API server's own work on requests that never reach etcd is unaffected"
            : VerdictText.beside(
                ownWork, while: etcd, "the API server's own work is", "the API server's own work")
        return beside + behind
    }

    // MARK: The API server

    var slowAPIServer: Verdict {
        // Requests that never reach etcd can't be slow because of etcd, observed or not.
        let isCertain = !etcd.isCompared && ownWorkWithoutEtcd.trend == .grew && isGreat(ownWorkWithoutEtcd)
        let component = slowestWork
        let rest = component == .apiServer ? "" : "\(VerdictText.name(component, names)) and the rest of "
        var work = "\(rest)its own work on a request took \(VerdictText.grown(ownWork))"
        work += behind
        return Verdict(
            side: .apiServer, component: component,
            certainty: isCertain ? .clear : certainty(of: ownWork, against: etcd),
            why: "apiserver: \(work); \(beside(ownWork))")
    }

    /// Requests take longer in every filter.
    var slowFilters: Verdict {
        Verdict(
            side: .apiServer, component: .apiServer, certainty: .likely,
            why: "apiserver: authentication, authorization and priority-and-fairness all took longer (authorization "
                + "\(VerdictText.grown(part(.authorization)))), as if it lacked CPU; \(beside(part(.authorization)))")
    }

    /// Audit waits for nothing but CPU, and now and then for its log.
    var slowAudit: Verdict {
        let filters: [Component] = [.authentication, .authorization]
        let others = filters.filter(isLonger).map { VerdictText.name($0, names) }.joined(separator: " and ")
        return Verdict(
            side: .apiServer, component: .apiServer, certainty: .likely,
            why: "apiserver: audit, which hardly ever waits for anything but CPU, took "
                + "\(VerdictText.grown(part(.audit))), and \(others) took longer too; \(beside(part(.audit)))")
    }

    /// The part of the API server's own work that grew most. Storage waits for whatever the rest waits for, so it is named only
    /// where it has nearly all of the added time, as with a plugin that encrypts and leaves no span.
    private var slowestWork: Component {
        let others = Component.ownWork.filter { $0 != .storage && excess($0) > 0 }
        let most = others.max { excess($0) < excess($1) } ?? .apiServer
        return excess(.storage) > Self.storageDistance * excess(most) ? .storage : most
    }

    private static let storageDistance = 10.0

    /// A clause about etcd while something of the API server's took longer.
    func beside(_ slower: Growth) -> String {
        guard knowsEtcd else { return "etcd sends no spans" }
        return VerdictText.beside(etcd, while: slower, "etcd's own handlers are", "etcd's own handlers")
    }

    /// Both processes slowed about as much.
    var slowBoth: Verdict {
        .notClear(
            "etcd's own handlers took \(VerdictText.grown(etcd)), and the API server's own work "
                + "\(VerdictText.grown(ownWork)): something that both share may be slow, such as their machine")
    }

    // MARK: What the API server waits for

    /// - Parameters:
    ///   - requests: whose time it is.
    ///   - others: components that are slow for reasons of their own.
    func slowWait(_ component: Component, in requests: String = "requests", besides others: [Component] = []) -> Verdict
    {
        let growth = part(component)
        let share = shareOfExcess(component)
        // Where requests got slower for other reasons too, most of all, it isn't the whole answer.
        let isMinor = share > 0 && shareOfExcess(component, besides: others) < Self.minorShare
        let isClear =
            growth.greatest >= VerdictText.overwhelming && !isMinor
            && !(ownWork.trend == .grew || etcd.trend == .grew && !others.contains(.etcd))
        let (taker, took) = tookLonger(component)
        var why = "\(component.side.rawValue): \(took)"
        if share > 0 {
            let outside = isMuchQueued(besides: component) ? " outside queues" : ""
            why += "; \(taker) for \(share) % of the time added to \(requests)\(outside)"
        }
        if component != .priorityAndFairness { why += behind }
        return Verdict(side: component.side, component: component, certainty: isClear ? .clear : .likely, why: why)
    }

    /// A clause about requests that queue longer; empty if none do.
    private var behind: String {
        queue.map { "; requests queue behind it in priority-and-fairness (\(VerdictText.duration($0)))" } ?? ""
    }

    /// A percentage of the time added to requests below which a component isn't clearly the culprit.
    private static let minorShare = 33

    /// The percentage of the time added to requests that belongs to a component, leaving out the time in other queues and in
    /// `others`.
    func shareOfExcess(_ component: Component, besides others: [Component] = []) -> Int {
        let all = excess.indices.map { Component(UInt8($0)) }
            .filter { $0 == component || !Component.queues.contains($0) && !others.contains($0) }
            .reduce(0) { $0 + excess($1) }
        return all > 0 ? Int((excess(component) / all * 100).rounded()) : 0
    }

    /// Whether much of the time added to requests is in queues other than a component.
    private func isMuchQueued(besides component: Component) -> Bool {
        let queued = Component.queues.filter { $0 != component }.reduce(0) { $0 + excess($1) }
        let all = excess.indices.reduce(0) { $0 + excess(Component(UInt8($1))) }
        return queued * Self.muchQueued > all
    }

    private static let muchQueued = 20.0

    // MARK: Calls to etcd

    /// Whether etcd's handlers lie within the calls that started them, as they do if clocks agree and all spans arrive.
    /// Assumed if etcd doesn't join its callers' traces.
    private var isHandled: Bool { 2 * callsHandled >= calls || !areHandlersJoined }

    private var areHandlersJoined: Bool { 2 * handlersWithParent >= etcd.heard }

    private var unhandledCalls: String {
        "\(calls - callsHandled) of \(calls) calls to etcd have no handler's span within them: \(VerdictText.mayBeMissing)"
    }

    /// Calls to etcd take longer, but neither end does.
    var slowCalls: Verdict {
        let slower = "calls to etcd took \(VerdictText.grown(connection))"
        guard knowsEtcd else {
            return .notClear("\(slower), but etcd sends no spans: etcd and the connection to it can't be told apart")
        }
        guard etcd.isCompared, ownWork.isCompared else {
            let missing =
                VerdictText.missing(etcd, "spans of etcd's handlers") ?? VerdictText.missing(ownWork, "requests")
            return .notClear("\(slower), but \(missing ?? unhandledCalls)")
        }
        guard isHandled else { return .notClear("\(slower), but \(unhandledCalls)") }
        if let stall { return stalled(stall) }
        let isEvery = connection.grew(.low)
        if !isEvery, let process = delays.process { return stopping(process) }
        let ends = [(etcd, "etcd's own handlers"), (ownWork, "the API server's own work")]
        let slightly = ends.filter { $0.0.trend != .unchanged }.map { "\($0.1) (\(VerdictText.grown($0.0)))" }
        guard isEvery || slightly.isEmpty else {
            return .notClear("\(slower), but \(slightly.joined(separator: " and ")) took longer too")
        }
        guard isEvery || isLossy || delays.isOnTheWay else {
            return .notClear("\(slower), but not the fast ones: either end may lack CPU, or the network lose packets")
        }
        let isClear = areHandlersJoined && isEvery && (connection[.low]?.times ?? 1) >= VerdictText.overwhelming
        let beside =
            !isEvery && !isLossy
            ? "both ends kept working on other calls meanwhile"
            : slightly.isEmpty
                ? "etcd's own handlers and the API server's own work are unaffected"
                : "the fast calls too, so nothing waits for its turn"
        return Verdict(
            side: .connection, component: .etcdClient, certainty: isClear ? .clear : .likely,
            why: "connection: \(slower) beyond what etcd itself took; \(beside)")
    }

    /// Whether few calls wait, and for as long as TCP does before it retransmits a lost segment (at least 200 ms in
    /// common practice; see RFC 6298). A process that lacks CPU lets many wait, for less than the 100 ms of the
    /// kernel's period.
    private var isLossy: Bool {
        !connection.grew(.median) && (connection.now.quantile(0.99) ?? 0) >= Self.retransmission
    }

    private static let retransmission: Int64 = 150_000_000

    /// Neither end took longer for its work, but one of them did nothing for a while.
    func stalled(_ stall: Stall) -> Verdict {
        let duration = VerdictText.duration(stall.longest)
        let why =
            switch stall.process {
            case .etcd:
                "etcd: \(stall.calls) calls waited up to \(duration) for its handlers to begin, and continued together: it "
                    + "was stopped meanwhile"
            case .apiServer:
                "apiserver: \(stall.calls) calls to etcd were answered up to \(duration) before they ended, and ended "
                    + "together: it was stopped meanwhile"
            }
        return stopped(stall.process, why, source: stall.source)
    }

    /// - Parameter source: that was stopped; nil if there are several.
    private func stopped(_ process: Stall.Process, _ why: String, source: UInt16?) -> Verdict {
        let isEtcd = process == .etcd
        var verdict = Verdict(
            side: isEtcd ? .etcd : .apiServer, component: isEtcd ? .etcd : .apiServer, certainty: .likely, why: why)
        let count = isEtcd ? memberCount : serverCount
        guard count > 1, let source, sources.indices.contains(Int(source)) else { return verdict }
        let name = sources[Int(source)].instance
        guard !name.isEmpty else { return verdict }
        verdict.instance = name
        verdict.why += "; of \(count) \(isEtcd ? "members" : "API servers") only \(VerdictText.printable(name))"
        return verdict
    }

    /// Neither end took longer for its work, but the calls waited for an end that did nothing meanwhile.
    private func stopping(_ process: Stall.Process) -> Verdict {
        let waited = "\(delays.calls) calls to etcd waited up to \(VerdictText.duration(delays.longest))"
        let paused = "it is paused at times, for lack of CPU or because it is stopped"
        switch process {
        case .etcd:
            return stopped(
                .etcd, "etcd: \(waited) for its handlers to begin, while hardly any other began: \(paused)",
                source: delays.before.source)
        case .apiServer:
            return stopped(
                .apiServer,
                "apiserver: \(waited) after etcd had answered, while hardly anything else in it ended: \(paused)",
                source: delays.behind.source)
        }
    }

    // MARK: Nothing

    /// Nothing that can be compared is slow; names what can't be.
    var nothingSlower: String {
        var known: [String] = []
        var missing: [String] = []
        func judge(_ growth: Growth, _ name: String, _ spans: String) {
            if let text = VerdictText.missing(growth, spans) { missing.append(text) } else { known.append(name) }
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
        judge(ownWork, "the API server", "requests")
        // A cluster may have no webhooks, and they aren't called all the time.
        if part(.mutatingWebhook).isCompared || part(.validatingWebhook).isCompared { known.append("webhooks") }
        if connection.isCompared { known.append("the connection to etcd") }
        let but = missing.joined(separator: ", and ")
        guard !known.isEmpty else { return but }
        return but.isEmpty ? VerdictText.noneSlower(known) : "\(VerdictText.noneSlower(known)), but \(but)"
    }
}
