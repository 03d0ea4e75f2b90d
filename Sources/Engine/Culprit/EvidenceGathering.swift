import Support

/// Collects the evidence for a comparison, slot by slot.
struct EvidenceGathering {
    private let comparison: Comparison
    private let cluster: String
    private let roles: [Role]
    /// By request series, whether it belongs to the cluster in question.
    private let isWanted: [Bool]
    private var failures: Failures
    private var failedCalls = FailedCalls()
    private var etcdEnds: GapMeter
    private var apiServerEnds: GapMeter
    /// Calls to etcd that ended in the interval, and those that contain a handler.
    private var (calls, callsHandled) = (0, 0)
    private var handlersWithParent = 0
    /// Spans of the API server that lasted three seconds or more, without watches: of the interval, and of the baseline.
    private var longSpans: [[Range<Int64>]] = [[], []]
    /// Those that are calls to etcd and ended in the interval.
    private var longCalls: [Range<Int64>] = []
    private var waits = StoppedProcesses()
    /// When etcd's handlers began and the API server's spans ended, in the interval.
    private var etcdLife: SignsOfLife
    private var apiServerLife: SignsOfLife
    private static let longSpansMax = 10_000
    private static let longMin: Int64 = 3_000_000_000
    /// A running process ends spans in at least this fraction of seconds.
    private static let activeMin = 0.3
    /// How long the exporters of etcd and the API server hold spans, plus a second because gaps start on whole seconds.
    private static let exporterDelay: Int64 = 6_000_000_000

    /// - Parameters:
    ///   - roles: by operation.
    ///   - isWanted: by request series.
    ///   - cluster: as in labels.
    ///   - stretches: of the baseline.
    ///   - oldest: the start of the earliest slot, Unix nanoseconds.
    init(
        _ comparison: Comparison, ofCluster cluster: String, roles: [Role], isWanted: [Bool], stretches: Int,
        oldest: Int64
    ) {
        self.comparison = comparison
        self.cluster = cluster
        failures = Failures(stretches: stretches)
        self.roles = roles
        self.isWanted = isWanted
        // An alert may have been active for longer than the window covers.
        let begin = min(comparison.baseline.lowerBound, comparison.interval.lowerBound)
        let lower = min(max(begin, oldest), comparison.interval.lowerBound)
        let range = lower..<max(comparison.interval.upperBound, lower)
        etcdLife = SignsOfLife(comparison.interval)
        apiServerLife = SignsOfLife(comparison.interval)
        etcdEnds = GapMeter(range)
        apiServerEnds = GapMeter(range)
    }

    /// Adds a slot of the interval.
    mutating func add(_ slot: SlotView) {
        addSpans(slot)
        guard let attribution = slot.attribution else { return }
        for request in attribution.requests
        where isWanted[Int(request.series)] && slot.row(Int(request.row)).flags.isError {
            failures.addRequest(
                series: Int(request.series), message: slot.messages?.text(ofRow: Int(request.row)))
        }
    }

    /// Adds a slot of the baseline.
    mutating func add(_ slot: SlotView, stretch: Int, _ digests: inout SlotDigests) {
        failures.hear(stretch: stretch)
        if let (spans, attribution) = slot.remembered {
            return addFailures(spans.spans, attribution.requests, stretch: stretch)
        }
        let digest = digest(of: slot, &digests)
        addEnds(digest, slot)
        longSpans[1] += digest.longSpans.prefix(Self.longSpansMax - longSpans[1].count)
        failures.etcdCalls.add(digest.failedEtcdCalls, stretch: stretch)
        failures.calls.add(digest.failedCalls, stretch: stretch)
        failures.requests.add(digest.failedRequests, stretch: stretch)
    }

    /// Adds a slot between the two ranges: it may end a gap.
    mutating func addEnds(_ slot: SlotView, _ digests: inout SlotDigests) {
        addEnds(digest(of: slot, &digests), slot)
    }

    private mutating func addEnds(_ digest: SlotDigest, _ slot: SlotView) {
        etcdEnds.add(digest.etcdEnds, from: slot.start)
        apiServerEnds.add(digest.apiServerEnds, from: slot.start)
    }

    private func digest(of slot: SlotView, _ digests: inout SlotDigests) -> SlotDigest {
        digests.digest(of: slot, cluster: cluster) { SlotDigest(slot, roles, isWanted: isWanted) }
    }

    /// Adds what failed in a slot of the baseline if only its counts are known.
    private mutating func addFailures(_ spans: SeriesCounts, _ requests: SeriesCounts, stretch: Int) {
        for series in spans.series {
            switch roles[series.number] {
            case .etcdCall: failures.etcdCalls.add(series.tally.errors, stretch: stretch)
            case .call: failures.calls.add(series.tally.errors, stretch: stretch)
            case .none, .etcd, .mutatingWebhook, .validatingWebhook, .apiServer: break
            }
        }
        for series in requests.series where isWanted[series.number] {
            failures.requests.add(series.tally.errors, stretch: stretch)
        }
    }

    private mutating func addSpans(_ slot: SlotView) {
        var blockStart = 0
        slot.forEachBlock { columns, count in
            for offset in 0..<count {
                let operation = Int(columns.operation[offset])
                let end = columns.start[offset] &+ columns.duration[offset]
                switch roles[operation] {
                case .none: continue
                case .etcd:
                    etcdEnds.add(end: end)
                    if columns.parentID[offset] != 0 { handlersWithParent += 1 }
                    continue
                case .etcdCall: addCall(slot, row: blockStart + offset)
                case .call: addOtherCall(slot, row: blockStart + offset, columns, offset)
                case .mutatingWebhook, .validatingWebhook, .apiServer: break
                }
                apiServerEnds.add(end: end)
                guard Self.isLong(columns, offset), longSpans[0].count < Self.longSpansMax else { continue }
                longSpans[0].append(columns.start[offset]..<end)
                if roles[operation] == .etcdCall { longCalls.append(columns.start[offset]..<end) }
            }
            blockStart += count
        }
    }

    /// Whether a span lasted long although it is no watch, which lasts whatever happens to the process.
    @inline(__always)
    static func isLong(_ columns: borrowing SpanColumns, _ row: Int) -> Bool {
        columns.duration[row] >= longMin && !SpanFlags(rawValue: columns.flags[row]).isLongRunning
    }

    private mutating func addCall(_ slot: SlotView, row: Int) {
        guard let attribution = slot.attribution, row < attribution.rowCount,
            let selfTime = attribution.selfTimes[row]
        else { return }
        let span = slot.row(row)
        if span.flags.isError { failures.etcdCalls.add() }
        calls += 1
        let isHandled = selfTime < span.duration
        if isHandled { callsHandled += 1 }
        if span.flags.isError { addFailed(slot.messages?.text(ofRow: row), isHandled: isHandled) }
        guard selfTime >= StoppedProcesses.waitMin else { return }
        waits.add(span.spanID, span.start..<span.start &+ span.duration)
    }

    /// Adds what a failed call to etcd says.
    private mutating func addFailed(_ message: String?, isHandled: Bool) {
        failures.etcdMessages.add(message)
        guard isHandled else { return }
        failures.etcdAnswered += 1
        failures.etcdAnswers.add(message)
    }

    /// Adds a call to something other than etcd, if it failed.
    private mutating func addOtherCall(
        _ slot: SlotView, row: Int, _ columns: borrowing SpanColumns, _ offset: Int
    ) {
        guard SpanFlags(rawValue: columns.flags[offset]).isError else { return }
        failures.calls.add()
        failedCalls.add(parent: columns.parentID[offset], message: slot.messages?.text(ofRow: row))
    }

    /// Finds the webhooks whose calls failed.
    mutating func addFailedWebhooks(_ slot: SlotView) {
        guard !failedCalls.isEmpty else { return }
        var blockStart = 0
        slot.forEachBlock { columns, count in
            for row in 0..<count {
                guard let component = roles[Int(columns.operation[row])].webhook else { continue }
                failedCalls.move(
                    below: columns.spanID[row], to: component,
                    slot.webhooks?.text(ofRow: blockStart + row).map { WebhookName(key: $0) }, of: &failures)
            }
            blockStart += count
        }
    }

    /// Finds the handlers of the calls that waited long, and what happened meanwhile.
    mutating func addHandlers(_ slot: SlotView) {
        guard !waits.isEmpty else { return }
        slot.forEachBlock { columns, count in
            for row in 0..<count {
                let start = columns.start[row]
                let end = start &+ columns.duration[row]
                switch roles[Int(columns.operation[row])] {
                case .none: continue
                case .etcd:
                    waits.match(columns.parentID[row], start..<end)
                    etcdLife.add(start)
                case .etcdCall, .call, .mutatingWebhook, .validatingWebhook, .apiServer: apiServerLife.add(end)
                }
            }
        }
    }

    /// Calls to etcd in a slot that began and succeeded within a gap, except in its first seconds: a killed process loses
    /// the spans that its exporter still held, so its gap begins before its death.
    func callsAnswered(in gap: Gap, of slot: SlotView) -> Int {
        let begin = gap.from.addingSaturating(Self.exporterDelay)
        var answered = 0
        slot.forEachBlock { columns, count in
            for row in 0..<count where roles[Int(columns.operation[row])] == .etcdCall {
                let start = columns.start[row]
                let end = start &+ columns.duration[row]
                let isError = SpanFlags(rawValue: columns.flags[row]).isError
                if start >= begin, end < gap.to, !isError { answered += 1 }
            }
        }
        return answered
    }

    /// etcd's handlers in a slot that began and ended within a gap and have a parent.
    func handlers(in gap: Gap, of slot: SlotView) -> Int {
        var handlers = 0
        slot.forEachBlock { columns, count in
            for row in 0..<count where roles[Int(columns.operation[row])] == .etcd && columns.parentID[row] != 0 {
                let start = columns.start[row]
                if start >= gap.from, start &+ columns.duration[row] < gap.to { handlers += 1 }
            }
        }
        return handlers
    }

    mutating func report(to evidence: inout Evidence) {
        etcdLife.sum()
        apiServerLife.sum()
        evidence.delays = waits.delays(etcd: etcdLife, apiServer: apiServerLife)
        evidence.failures = failures
        failedCalls.moveRest(to: .proxy, of: &evidence.failures)
        evidence.knowsEtcd = roles.contains(.etcd)
        (evidence.calls, evidence.callsHandled) = (calls, callsHandled)
        evidence.handlersWithParent = handlersWithParent
        evidence.stall = waits.stall
        judgeGaps(&evidence)
    }

    private func judgeGaps(_ evidence: inout Evidence) {
        let gaps = [etcdEnds.gap(in: comparison.interval), etcdEnds.gap(in: intervalAndCalls)]
        evidence.etcdGap = gaps.compactMap { $0 }.first { gap in
            (explains(gap) || explainsCalls(gap)) && apiServerEnds.activity(in: gap) >= Self.activeMin
        }
        guard let gap = apiServerEnds.gap(in: comparison.interval), explains(gap) else { return }
        if longSpans.joined().contains(where: { $0.lowerBound <= gap.from && $0.upperBound >= gap.to }) {
            evidence.apiServerStall = gap
        } else if etcdEnds.activity(in: gap) >= Self.activeMin {
            evidence.apiServerGap = gap
        }
    }

    /// The interval, extended back to the start of the calls that ended in it.
    private var intervalAndCalls: Range<Int64> {
        let first = longCalls.map(\.lowerBound).min() ?? comparison.interval.lowerBound
        return min(first, comparison.interval.lowerBound)..<comparison.interval.upperBound
    }

    /// Whether the long calls to etcd that ended in the interval spent most of their time in a gap. If so, etcd is
    /// back, and these calls are left over from it.
    private func explainsCalls(_ gap: Gap) -> Bool {
        var (total, within) = (0.0, 0.0)
        for call in longCalls {
            total += Double(call.upperBound - call.lowerBound)
            within += Double(max(min(call.upperBound, gap.to) - max(call.lowerBound, gap.from), 0))
        }
        return total > 0 && within >= total / 2
    }

    /// Whether a gap lasts to the end of the interval, or covers much of it.
    private func explains(_ gap: Gap) -> Bool {
        let interval = comparison.interval
        let within = min(gap.to, interval.upperBound) - max(gap.from, interval.lowerBound)
        return gap.to >= interval.upperBound - 1_000_000_000
            || within * 3 >= interval.upperBound - interval.lowerBound
    }
}

// What a span says as evidence, by its operation.
extension EvidenceGathering {
    enum Role: UInt8 {
        case none
        case etcd
        /// A call to etcd by the API server.
        case etcdCall
        /// Another call by the API server.
        case call
        case mutatingWebhook
        case validatingWebhook
        case apiServer

        /// The roles of spans that are one component's.
        static let called: [(role: Role, component: Component)] = [
            (.mutatingWebhook, .mutatingWebhook), (.validatingWebhook, .validatingWebhook), (.etcd, .etcd),
            (.etcdCall, .etcdClient),
        ]

        /// Webhooks whose calls are below the span.
        var webhook: Component? {
            switch self {
            case .mutatingWebhook: .mutatingWebhook
            case .validatingWebhook: .validatingWebhook
            case .none, .etcd, .etcdCall, .call, .apiServer: nil
            }
        }
    }

    static func role(_ labels: OperationLabels, _ components: ComponentTable) -> Role {
        let isAPIServer = labels.role == .apiServer
        return switch components.mapping(labels).target {
        case .component(.etcd): labels.kind == .server ? .etcd : .none
        case .component(.etcdClient): .etcdCall
        case .component(.mutatingWebhook) where isAPIServer: .mutatingWebhook
        case .component(.validatingWebhook) where isAPIServer: .validatingWebhook
        case .webhookAbove where isAPIServer: .call
        default: isAPIServer ? .apiServer : .none
        }
    }
}
