import Support

/// One pass over the slots of a comparison.
struct EvidenceGathering {
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

    /// Handlers of etcd in a slot that began and ended within a gap and say whose call they are of.
    func handlers(in gap: Silence, of slot: SlotView) -> Int {
        var handlers = 0
        slot.forEachBlock { columns, count in
            for row in 0..<count where roles[Int(columns.operation[row])] == .etcd && columns.parentID[row] != 0 {
                let start = columns.start[row]
                if start >= gap.from, start &+ columns.duration[row] < gap.to { handlers += 1 }
            }
        }
        return handlers
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
        guard let silence = apiServerEnds.silence(in: comparison.interval), explains(silence) else { return }
        if longSpans.contains(where: { $0.lowerBound <= silence.from && $0.upperBound >= silence.to }) {
            evidence.apiServerSilence = silence
        } else if etcdEnds.activity(in: silence) >= Self.activeMin {
            evidence.apiServerGap = silence
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
