/// What speaks for and against each side: an interval against the time before it. See docs/culprit.md.
package struct Evidence: Sendable {
    /// etcd's own spans.
    package var etcd = Shift()
    /// What the API server itself took of its requests.
    package var apiServer = Shift()
    /// Requests that never reached etcd.
    package var cached = Shift()
    /// What the API server's calls of etcd took beyond etcd's own spans.
    package var connection = Shift()
    /// What webhooks took of requests.
    package var webhook = Shift()
    /// etcd sent nothing while the API server went on.
    var etcdSilence: Silence?
    /// Neither sent anything, and spans of the API server last over that time: it stood still.
    var apiServerSilence: Silence?
    /// Of one end of the calls of etcd, that most of the long ones waited for.
    var standstill: Standstill?
    /// Calls of etcd that ended in the interval.
    package var calls = 0
    /// Of these, calls within which a handler of etcd was heard.
    var callsHandled = 0
    /// Handlers of etcd that ended in the interval and say whose call they are of.
    var handlersWithParent = 0
    /// Calls that began and ended well while etcd was silent: somebody answered them.
    var callsAnsweredInSilence = 0
    /// Mean time of a request by component number, nanoseconds; empty where no request ended in the interval.
    package var components: [ComponentGrowth] = []
    package var requestCount = 0
    var requestCountBefore = 0
    /// Whether etcd has ever sent a span.
    var knowsEtcd = false

    package init() {}
}

/// What a component takes of the mean request, nanoseconds.
package struct ComponentGrowth: Equatable, Sendable {
    package var component: Component
    package var now: Double
    /// nil where no request is known from before.
    package var before: Double?

    /// nil where there is nothing to compare with.
    package var growth: Double? { before.map { now - $0 } }
}

/// An interval and the time it is compared with, Unix nanoseconds.
package struct Comparison: Hashable, Sendable {
    package var interval: Range<Int64>
    package var baseline: Range<Int64>

    package init(interval: Range<Int64>, baseline: Range<Int64>) {
        self.interval = interval
        self.baseline = baseline
    }
}

extension WindowView {
    /// Gathers the evidence for a comparison from an attributed view; both ranges are taken to the slot.
    package func evidence(_ comparison: Comparison, _ components: ComponentTable) -> Evidence {
        let roles = operations.map { EvidenceGathering.role($0, components) }
        var gathering = EvidenceGathering(comparison, roles: roles, oldest: slots.first?.start ?? .max)
        for slot in slots {
            if comparison.interval.overlaps(slot.start..<slot.end) {
                gathering.add(slot, isNow: true)
            } else if comparison.baseline.overlaps(slot.start..<slot.end) {
                gathering.add(slot, isNow: false)
            } else if slot.start >= comparison.baseline.lowerBound, slot.start < comparison.interval.upperBound {
                gathering.addEnds(slot)
            }
        }
        for slot in slots where comparison.interval.overlaps(slot.start..<slot.end) { gathering.addHandlers(slot) }
        var evidence = gathering.evidence
        if let silence = evidence.etcdSilence {
            for slot in slots where slot.start < silence.to && slot.end > silence.from {
                evidence.callsAnsweredInSilence += gathering.callsAnswered(in: silence, of: slot)
            }
        }
        return evidence
    }
}

/// One pass over the slots of a comparison.
private struct EvidenceGathering {
    enum Role: UInt8 {
        case none
        case etcd
        /// A call of etcd by the API server.
        case etcdCall
        case apiServer
    }

    private let comparison: Comparison
    private let roles: [Role]
    private var etcd = ShiftMeter()
    private var apiServer = ShiftMeter()
    private var cached = ShiftMeter()
    private var connection = ShiftMeter()
    private var webhook = ShiftMeter()
    private var etcdEnds: SilenceMeter
    private var apiServerEnds: SilenceMeter
    private var sums = [Double](repeating: 0, count: ComponentTable.countMax * 2)
    private var requestCounts = [0, 0]
    /// Calls of etcd that ended in the interval, and those within which a handler was heard.
    private var (calls, callsHandled) = (0, 0)
    private var handlersWithParent = 0
    /// Spans of the API server that lasted for seconds.
    private var longSpans: [Range<Int64>] = []
    /// Calls of etcd among them that ended in the interval.
    private var longCalls: [Range<Int64>] = []
    private var waits = CallWaits()
    private static let longSpansMax = 10_000
    private static let longMin: Int64 = 3_000_000_000
    /// A process that goes on ends spans in at least so many of the seconds.
    private static let activeMin = 0.3
    /// For how long the exporters of etcd and the API server hold spans, and to the second.
    private static let exporterDelay: Int64 = 6_000_000_000

    /// - Parameter oldest: before which nothing is known, Unix nanoseconds.
    init(_ comparison: Comparison, roles: [Role], oldest: Int64) {
        self.comparison = comparison
        self.roles = roles
        // An alert may have been active for longer than the window reaches back.
        let begin = min(comparison.baseline.lowerBound, comparison.interval.lowerBound)
        let lower = min(max(begin, oldest), comparison.interval.lowerBound)
        let range = lower..<max(comparison.interval.upperBound, lower)
        etcdEnds = SilenceMeter(range)
        apiServerEnds = SilenceMeter(range)
    }

    static func role(_ labels: OperationLabels, _ components: ComponentTable) -> Role {
        switch components.charge(labels).target {
        case .component(.etcd): labels.kind == .server ? .etcd : .none
        case .component(.etcdClient): .etcdCall
        default: labels.service == "apiserver" || labels.service == "kube-apiserver" ? .apiServer : .none
        }
    }

    mutating func add(_ slot: SlotView, isNow: Bool) {
        addSpans(slot, isNow: isNow)
        guard let attribution = slot.attribution else { return }
        requestCounts[isNow ? 0 : 1] += attribution.requests.count
        for request in attribution.requests {
            let series = Int(request.series)
            apiServer.add(request.ownBucket, series: series, isNow: isNow)
            if !request.reachesEtcd { cached.add(request.ownBucket, series: series, isNow: isNow) }
        }
        for part in 0..<attribution.parts.count {
            let number = Int(attribution.parts.series[part]) % ComponentTable.countMax
            sums[number + (isNow ? 0 : ComponentTable.countMax)] += Double(attribution.parts.durations[part])
            if Component(UInt8(number)).isWebhook {
                webhook.add(
                    attribution.parts.buckets[part], series: Int(attribution.parts.series[part]), isNow: isNow)
            }
        }
    }

    /// Takes in of a slot between the two that it was no silence.
    mutating func addEnds(_ slot: SlotView) {
        slot.forEachBlock { columns, count in
            for row in 0..<count {
                let end = columns.start[row] &+ columns.duration[row]
                switch roles[Int(columns.operation[row])] {
                case .none: continue
                case .etcd: etcdEnds.add(end: end)
                case .etcdCall, .apiServer: apiServerEnds.add(end: end)
                }
            }
        }
    }

    private mutating func addSpans(_ slot: SlotView, isNow: Bool) {
        var blockStart = 0
        slot.forEachBlock { columns, count in
            for offset in 0..<count {
                let operation = Int(columns.operation[offset])
                let end = columns.start[offset] &+ columns.duration[offset]
                switch roles[operation] {
                case .none: continue
                case .etcd:
                    etcd.add(columns.bucket[offset], series: operation, isNow: isNow)
                    etcdEnds.add(end: end)
                    if isNow, columns.parentID[offset] != 0 { handlersWithParent += 1 }
                    continue
                case .etcdCall: addCall(slot, row: blockStart + offset, operation, isNow: isNow)
                case .apiServer: break
                }
                apiServerEnds.add(end: end)
                if columns.duration[offset] >= Self.longMin, longSpans.count < Self.longSpansMax {
                    longSpans.append(columns.start[offset]..<end)
                    if isNow, roles[operation] == .etcdCall { longCalls.append(columns.start[offset]..<end) }
                }
            }
            blockStart += count
        }
    }

    private mutating func addCall(_ slot: SlotView, row: Int, _ operation: Int, isNow: Bool) {
        guard let attribution = slot.attribution, row < attribution.rowCount,
            let selfTime = attribution.selfTimes[row]
        else { return }
        connection.add(LatencyBucket.shared.code(selfTime), series: operation, isNow: isNow)
        guard isNow else { return }
        calls += 1
        if selfTime < slot.row(row).duration { callsHandled += 1 }
        guard selfTime >= CallWaits.waitMin else { return }
        let span = slot.row(row)
        waits.add(span.spanID, span.start..<span.start &+ span.duration)
    }

    /// Finds what etcd did for the calls that waited long.
    mutating func addHandlers(_ slot: SlotView) {
        guard !waits.isEmpty else { return }
        slot.forEachBlock { columns, count in
            for row in 0..<count where roles[Int(columns.operation[row])] == .etcd {
                let start = columns.start[row]
                waits.match(columns.parentID[row], start..<start &+ columns.duration[row])
            }
        }
    }

    /// Calls of etcd in a slot that began and ended well within a silence, but for its first seconds: a process that is
    /// killed takes along what its exporter still held, so that its silence begins before it does.
    func callsAnswered(in silence: Silence, of slot: SlotView) -> Int {
        let begin = silence.from.addingSaturating(Self.exporterDelay)
        var answered = 0
        slot.forEachBlock { columns, count in
            for row in 0..<count where roles[Int(columns.operation[row])] == .etcdCall {
                let start = columns.start[row]
                let end = start &+ columns.duration[row]
                let isError = SpanFlags(rawValue: columns.flags[row]).isError
                if start >= begin, end < silence.to, !isError { answered += 1 }
            }
        }
        return answered
    }

    var evidence: Evidence {
        var evidence = Evidence()
        evidence.etcd = etcd.shift
        evidence.apiServer = apiServer.shift
        evidence.cached = cached.shift
        evidence.connection = connection.shift
        evidence.webhook = webhook.shift
        evidence.knowsEtcd = roles.contains(.etcd)
        (evidence.calls, evidence.callsHandled) = (calls, callsHandled)
        evidence.handlersWithParent = handlersWithParent
        evidence.standstill = waits.standstill
        (evidence.requestCount, evidence.requestCountBefore) = (requestCounts[0], requestCounts[1])
        evidence.components = components
        judgeSilence(&evidence)
        return evidence
    }

    private var components: [ComponentGrowth] {
        guard requestCounts[0] > 0 else { return [] }
        return (0..<ComponentTable.countMax).compactMap { number in
            let now = sums[number] / Double(requestCounts[0])
            let sumBefore = sums[number + ComponentTable.countMax]
            guard now > 0 || sumBefore > 0 else { return nil }
            return ComponentGrowth(
                component: Component(UInt8(number)), now: now,
                before: requestCounts[1] > 0 ? sumBefore / Double(requestCounts[1]) : nil)
        }
    }

    private func judgeSilence(_ evidence: inout Evidence) {
        let silences = [etcdEnds.silence(in: comparison.interval), etcdEnds.silence(in: intervalAndCalls)]
        evidence.etcdSilence = silences.compactMap { $0 }.first { silence in
            (explains(silence) || explainsCalls(silence)) && apiServerEnds.activity(in: silence) >= Self.activeMin
        }
        if let silence = apiServerEnds.silence(in: comparison.interval), explains(silence),
            longSpans.contains(where: { $0.lowerBound <= silence.from && $0.upperBound >= silence.to })
        {
            evidence.apiServerSilence = silence
        }
    }

    /// The interval and the time before it in which calls began that ended in it.
    private var intervalAndCalls: Range<Int64> {
        let first = longCalls.map(\.lowerBound).min() ?? comparison.interval.lowerBound
        return min(first, comparison.interval.lowerBound)..<comparison.interval.upperBound
    }

    /// Whether the long calls of etcd that ended in the interval spent most of their time in a silence: etcd is back,
    /// and they are what it left behind.
    private func explainsCalls(_ silence: Silence) -> Bool {
        var (total, within) = (0.0, 0.0)
        for call in longCalls {
            total += Double(call.upperBound - call.lowerBound)
            within += Double(max(min(call.upperBound, silence.to) - max(call.lowerBound, silence.from), 0))
        }
        return total > 0 && within >= total / 2
    }

    /// Whether a silence lasts to the end of the interval, or was a good part of it.
    private func explains(_ silence: Silence) -> Bool {
        let interval = comparison.interval
        let within = min(silence.to, interval.upperBound) - max(silence.from, interval.lowerBound)
        return silence.to >= interval.upperBound - 1_000_000_000
            || within * 3 >= interval.upperBound - interval.lowerBound
    }
}
