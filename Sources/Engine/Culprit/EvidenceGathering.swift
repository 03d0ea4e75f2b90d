import Support

/// Collects the evidence for a comparison, slot by slot.
struct EvidenceGathering {
    private let comparison: Comparison
    private let cluster: String
    private let roles: [Role]
    /// By request series, whether it belongs to the cluster in question.
    private let isWanted: [Bool]
    private let now: IntervalEvidence
    private var failures: Failures
    private var etcdEnds: GapMeter
    private var apiServerEnds: GapMeter
    /// Spans of the API server in the baseline that lasted three seconds or more, without watches.
    private var longSpansBefore: [Range<Int64>] = []
    static let longSpansMax = 10_000
    private static let longMin: Int64 = 3_000_000_000
    /// A running process ends spans in at least this fraction of seconds.
    private static let activeMin = 0.3
    /// How long the exporters of etcd and the API server hold spans, plus a second because gaps start on whole seconds.
    private static let exporterDelay: Int64 = 6_000_000_000

    /// - Parameters:
    ///   - now: what the interval says.
    ///   - roles: by operation.
    ///   - isWanted: by request series.
    ///   - cluster: as in labels.
    ///   - sources: how many there are.
    ///   - stretches: of the baseline.
    ///   - oldest: the start of the earliest slot, Unix nanoseconds.
    init(
        _ comparison: Comparison, _ now: IntervalEvidence, ofCluster cluster: String, roles: [Role], isWanted: [Bool],
        stretches: Int, oldest: Int64
    ) {
        self.comparison = comparison
        self.now = now
        self.cluster = cluster
        failures = now.failures.compared(stretches: stretches)
        self.roles = roles
        self.isWanted = isWanted
        // An alert may have been active for longer than the window covers.
        let begin = min(comparison.baseline.lowerBound, comparison.interval.lowerBound)
        let lower = min(max(begin, oldest), comparison.interval.lowerBound)
        let range = lower..<max(comparison.interval.upperBound, lower)
        etcdEnds = GapMeter(range)
        apiServerEnds = GapMeter(range)
        for ends in now.ends {
            etcdEnds.add(ends.etcd, from: ends.slot)
            apiServerEnds.add(ends.apiServer, from: ends.slot)
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
        longSpansBefore += digest.longSpans.prefix(Self.longSpansMax - longSpansBefore.count)
        failures.etcdCalls.add(digest.failedEtcdCalls, stretch: stretch)
        failures.calls.add(digest.failedCalls, stretch: stretch)
        for (series, count) in digest.failedRequests { failures.addRequests(count, series: series, stretch: stretch) }
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
        for series in requests.series where isWanted[series.number] && series.tally.errors > 0 {
            failures.addRequests(series.tally.errors, series: series.number, stretch: stretch)
        }
    }

    /// Whether a span lasted long although it is no watch, which lasts whatever happens to the process.
    @inline(__always)
    static func isLong(_ columns: borrowing SpanColumns, _ row: Int) -> Bool {
        columns.duration[row] >= longMin && !SpanFlags(rawValue: columns.flags[row]).isLongRunning
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

    func report(to evidence: inout Evidence) {
        evidence.delays = now.delays
        evidence.failures = failures
        evidence.knowsEtcd = roles.contains(.etcd)
        (evidence.calls, evidence.callsHandled) = (now.calls, now.callsHandled)
        evidence.handlersWithParent = now.handlersWithParent
        evidence.stall = now.stall
        (evidence.memberCount, evidence.serverCount) = (now.memberCount, now.serverCount)
        (evidence.hasSeveralEtcds, evidence.hasSeveralAPIServers) = (now.etcds.areSeveral, now.apiServers.areSeveral)
        judgeGaps(&evidence)
    }

    private func judgeGaps(_ evidence: inout Evidence) {
        let gaps = [etcdEnds.gap(in: comparison.interval), etcdEnds.gap(in: intervalAndCalls)]
        evidence.etcdGap = gaps.compactMap { $0 }.first { gap in
            (explains(gap) || explainsCalls(gap)) && apiServerEnds.activity(in: gap) >= Self.activeMin
        }
        guard let gap = apiServerEnds.gap(in: comparison.interval), explains(gap) else { return }
        let long = [now.longSpans, longSpansBefore].joined()
        if long.contains(where: { $0.lowerBound <= gap.from && $0.upperBound >= gap.to }) {
            evidence.apiServerStall = gap
        } else if etcdEnds.activity(in: gap) >= Self.activeMin {
            evidence.apiServerGap = gap
        }
    }

    /// The interval, extended back to the start of the calls that ended in it.
    private var intervalAndCalls: Range<Int64> {
        let first = now.longCalls.map(\.lowerBound).min() ?? comparison.interval.lowerBound
        return min(first, comparison.interval.lowerBound)..<comparison.interval.upperBound
    }

    /// Whether the long calls to etcd that ended in the interval spent most of their time in a gap. If so, etcd is
    /// back, and these calls are left over from it.
    private func explainsCalls(_ gap: Gap) -> Bool {
        var (total, within) = (0.0, 0.0)
        for call in now.longCalls {
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
