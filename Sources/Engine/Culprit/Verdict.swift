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

    /// What decided it.
    enum Basis: Sendable {
        /// Durations of all requests and calls.
        case time
        /// Those of the requests that the question is about.
        case kinds
        /// Failures, or silence.
        case other
    }

    /// nil if the culprit is not clear.
    package var side: Side?
    package var component: Component?
    /// nil unless one of several instances is at fault: of etcd, or else of the API server.
    package var instance: String?
    package var certainty: Certainty
    /// One sentence for the person on call.
    package var why: String
    var basis = Basis.other
    /// What failed, if that is far more than usual.
    package var failures: FailureClause?
    /// Whether requests queue longer, and it says what they queue for.
    package var explainsQueue = false

    init(side: Side?, component: Component?, certainty: Certainty, why: String) {
        self.side = side
        self.component = component
        self.certainty = certainty
        self.why = why
    }

    static func notClear(_ why: String) -> Verdict {
        Verdict(side: nil, component: nil, certainty: .notClear, why: why)
    }

    /// Whether the spans of the API server show it: what it waits for outside etcd, or its own work. Requests may queue for
    /// etcd too.
    fileprivate var needsNoEtcd: Bool {
        guard let side, let component else { return false }
        return (side == .webhook || side == .apiServer) && !Component.queues.contains(component)
    }

    func mentioning(_ failures: FailureClause) -> Verdict {
        var verdict = self
        verdict.failures = failures
        return verdict
    }

    fileprivate func based(on basis: Basis) -> Verdict {
        var verdict = self
        verdict.basis = basis
        return verdict
    }
}

extension Evidence {
    /// Clocks may put a few spans in the wrong place.
    private static let answeredMin = 3
    /// The process that grew more is the culprit only if it grew by this many times as much.
    private static let distinct = 2.0
    /// A verdict is clear from this growth on, and with this distance from the other side.
    private static let clearTimes = 3.0
    private static let clearDistance = 3.0
    /// With fewer stretches of the baseline, how much they differ isn't how much health varies.
    private static let stretchesMin = 8
    /// What takes less of the time added to requests, per cent, isn't what makes them slow.
    private static let shareMin = 10

    /// The verdict that the evidence supports.
    ///
    /// - Parameters:
    ///   - isAboutErrors: whether the question is about failures, not about time.
    ///   - asked: the components whose calls, or whose part of requests, the question is about.
    ///   - ofKind: the verdict about some kinds of request; asked if no process is slow or silent.
    func verdict(
        isAboutErrors: Bool = false, on asked: [Component] = [], ofKind: () -> Verdict? = { nil }
    ) -> Verdict {
        guard let silent = ofSilence else { return ofHeard(isAboutErrors: isAboutErrors, on: asked, ofKind) }
        guard areEtcdSpansMissing else { return slowness(surerThan: silent, isAboutErrors: isAboutErrors) ?? silent }
        if asked.contains(.etcd) || asked.contains(.etcdClient) { return silent }
        var verdict = ofHeard(isAboutErrors: isAboutErrors, on: asked, ofKind)
        guard verdict.needsNoEtcd else { return silent }
        verdict.why += "; \(silent.why)"
        return verdict
    }

    /// The verdict on the spans that are there.
    private func ofHeard(isAboutErrors: Bool, on asked: [Component], _ ofKind: () -> Verdict?) -> Verdict {
        if isAboutErrors { return ofErrors(ofKind) }
        if let verdict = verdict(onSlow: asked) { return explainingQueue(verdict).based(on: .time) }
        if waitsSlightlyOnTheWay, let verdict = ofKind() { return verdict.based(on: .kinds) }
        return slowness ?? ofKind()?.based(on: .kinds) ?? ofFailures ?? .notClear(nothingSlower)
    }

    /// The verdict on time; nil if nothing takes clearly longer.
    private var slowness: Verdict? { ofTime.map(explainingQueue)?.based(on: .time) }

    /// A verdict on time that says more than that etcd was silent: its handlers that ended before took longer, and a slow disk
    /// may hold all of them up for seconds. nil if there is none.
    private func slowness(surerThan silent: Verdict, isAboutErrors: Bool) -> Verdict? {
        guard !isAboutErrors, etcdGap != nil, etcd.trend == .grew, let slower = slowness else { return nil }
        return slower.side == silent.side && slower.certainty > silent.certainty ? slower : nil
    }

    /// The verdict if the question is about failures: what got slower may explain them.
    private func ofErrors(_ ofKind: () -> Verdict?) -> Verdict {
        if let verdict = ofUnusualFailures(slower: slowness) { return verdict }
        let slower = [slowness, ofKind()?.based(on: .kinds)].compactMap(\.self).first { $0.side != nil }
        return slower ?? .notClear(fewFailures)
    }

    /// Marks a verdict on what requests queue for, if the queue has grown too.
    private func explainingQueue(_ verdict: Verdict) -> Verdict {
        var verdict = verdict
        verdict.explainsQueue =
            verdict.side != nil && verdict.component != .priorityAndFairness && queue != nil
        return verdict
    }

    /// When a process sent no spans; nil if none is silent.
    var silence: Gap? {
        // Slow handlers are conclusive whatever else was observed.
        etcdGap ?? apiServerStall ?? (etcd.trend == .grew ? nil : apiServerGap)
    }

    /// Whether etcd answered calls although none of its spans ended.
    private var areEtcdSpansMissing: Bool { etcdGap != nil && callsAnsweredInGap >= Self.answeredMin }

    /// Without its spans, the time of etcd's handlers looks like that of the connection.
    mutating func countMissingHandlersAsCalls() {
        guard areEtcdSpansMissing else { return }
        excess[Int(Component.etcdClient.number)] += excess[Int(Component.etcd.number)]
        excess[Int(Component.etcd.number)] = 0
    }

    /// nil if no process is silent.
    private var ofSilence: Verdict? {
        if let gap = etcdGap {
            return areEtcdSpansMissing ? missingEtcd(gap) : silentEtcd(gap)
        }
        if let gap = apiServerStall { return silentAPIServer(gap) }
        if let apiServerGap, silence != nil {
            return missingAPIServer(apiServerGap, isAnswered: handlersInGap >= Self.answeredMin)
        }
        guard requestCountBefore > 0 || etcd.heardBefore > 0 else {
            return .notClear("there is nothing from before to compare with")
        }
        guard requestCount > 0 || etcd.heard > 0 else {
            return .notClear("no request ended in the time that was judged")
        }
        return nil
    }

    /// Whether nothing but calls to etcd takes longer, slightly, and no process stops meanwhile: that says less than what
    /// the question is about, if that has a culprit.
    private var waitsSlightlyOnTheWay: Bool {
        connection.trend == .grewSlightly && delays.isOnTheWay && etcd.trend != .grew && ownWork.trend != .grew
            && slowestWait == nil && !areFiltersSlow
    }

    /// nil if nothing takes clearly longer.
    private var ofTime: Verdict? {
        if areFiltersSlow { return slowFilters }
        return slowestWait.map { slowWait($0) } ?? ofProcesses
    }

    /// The verdict on the two processes, the way between them, and queues; nil if none of these takes clearly longer.
    var ofProcesses: Verdict? {
        if isEveryCallDelayed { return slowCalls }
        switch (etcd.trend == .grew, ownWork.trend == .grew) {
        case (true, true):
            if etcd.times >= Self.distinct * ownWork.times { return slowEtcd }
            return ownWork.times >= Self.distinct * etcd.times ? slowAPIServer : slowBoth
        case (true, false): return newWork.map(newlyBusy) ?? slowEtcd
        case (false, true): return isQueueLonger ? slowQueue(.priorityAndFairness) : slowAPIServer
        case (false, false):
            if connection.trend == .grew { return slowCalls }
            if connection.trend == .grewSlightly, delays.isConclusive { return slowCalls }
            if isAuditSlow { return slowAudit }
            return Component.queues.first { part($0).trend == .grew }.map(slowQueue)
        }
    }

    /// Whether even the fast calls to etcd take longer, and more so than either end explains: those to a process that lacks
    /// CPU are as fast as ever.
    private var isEveryCallDelayed: Bool {
        guard connection.grew(.low), let delay = connection[.low]?.times else { return false }
        return delay >= Self.distinct * max(times(etcd), times(ownWork))
    }

    private func times(_ growth: Growth) -> Double { growth.trend == .grew ? growth.times : 1 }

    func part(_ component: Component) -> Growth { parts[Int(component.number)] }

    /// Clear only if the other side was observed and compared.
    func certainty(of growth: Growth, against other: Growth) -> Verdict.Certainty {
        guard other.isCompared, isGreat(growth) else { return .likely }
        return other.trend == .unchanged || growth.times >= Self.clearDistance * other.times ? .clear : .likely
    }

    /// Whether a growth is far beyond what a few minutes of health show: a quiet stretch says little about a busy one.
    func isGreat(_ growth: Growth) -> Bool {
        growth.stretchCount < Self.stretchesMin
            ? growth.decided >= VerdictText.overwhelming : growth.greatest >= Self.clearTimes
    }

    // MARK: Filters

    /// Whether requests take longer in every filter alike. The filters wait for different things, so the cause is the
    /// process that runs them.
    var areFiltersSlow: Bool {
        guard ownWork.trend != .grew, Self.filters.allSatisfy({ part($0).trend == .grew }) else { return false }
        let excesses = Self.filters.map(excess).sorted(by: >)
        return excesses[0] < Self.clearDistance * excesses[1]
    }

    /// Whether even the filter that hardly ever waits takes longer, and one that may wait does too.
    private var isAuditSlow: Bool {
        isLonger(.audit) && (isLonger(.authentication) || isLonger(.authorization))
    }

    /// Whether it grew, be it slightly.
    func isLonger(_ component: Component) -> Bool {
        part(component).trend == .grew || part(component).trend == .grewSlightly
    }

    private static let filters: [Component] = [.authentication, .authorization, .priorityAndFairness]

    // MARK: What the API server waits for

    /// The webhook, authenticator, plugin or other server that added most time to requests; nil if none got slower, or if
    /// the time that a process added is more.
    var slowestWait: Component? {
        let waits = parts.indices.map { Component(UInt8($0)) }.filter { $0.isOutsideWait && isSlow($0) }
        guard let longest = waits.max(by: { excess($0) < excess($1) }), excess(longest) > 0 else { return nil }
        guard shareOfExcess(longest) >= Self.shareMin else { return nil }
        // Requests queue for what holds their seats, which is most of the time that was added outside the queue.
        if queue != nil, !holdsSeats(longest) { return nil }
        // A process that lacks CPU waits longer for everything.
        if ownWork.trend == .grew, part(longest).greatest < Self.clearDistance * ownWork.times { return nil }
        var others = 0.0
        if etcd.trend == .grew { others = max(others, excess(.etcd)) }
        if connection.trend == .grew { others = max(others, excess(.etcdClient)) }
        if ownWork.trend == .grew { others = max(others, Component.ownWork.reduce(0) { $0 + excess($1) }) }
        return excess(longest) >= others ? longest : nil
    }

    func holdsSeats(_ component: Component) -> Bool { shareOfExcess(component) >= Self.seatsShareMin }

    /// Per cent.
    private static let seatsShareMin = 50

    func isSlow(_ component: Component) -> Bool {
        part(component).trend == .grew || part(component).timesOfFew != nil
    }

    func excess(_ component: Component) -> Double { max(excess[Int(component.number)], 0) }

    /// Whether requests queue for longer, and what the API server does itself took little of the added time.
    private var isQueueLonger: Bool {
        part(.priorityAndFairness).trend == .grew
            && excess(.priorityAndFairness)
                >= Self.clearDistance * Component.ownWork.reduce(0) { $0 + excess($1) }
    }

    /// The mean time that requests queue, nanoseconds, if they queue for longer.
    var queue: Int64? {
        guard part(.priorityAndFairness).trend == .grew else { return nil }
        return components.first { $0.component == .priorityAndFairness }.map { Int64($0.now) }
    }
}
