import Support

/// The evidence for and against each side, comparing an interval with the time before it. See docs/culprit.md.
package struct Evidence: Sendable {
    /// etcd's own spans.
    package var etcd = Slowdown()
    /// The API server's own time in its requests.
    package var apiServer = Slowdown()
    /// Requests that never reached etcd.
    package var cached = Slowdown()
    /// The time of the API server's calls to etcd beyond etcd's own spans.
    package var connection = Slowdown()
    /// The time of each kind of webhook in requests.
    package var mutatingWebhook = Slowdown()
    package var validatingWebhook = Slowdown()
    /// The time of authorization in requests. It holds their seats, for which others queue.
    var authorization = Slowdown()
    var webhookFailures = WebhookFailures()
    var etcdFailures = EtcdFailures()
    /// etcd sent nothing while the API server continued.
    var etcdGap: Gap?
    /// Neither sent anything, and spans of the API server cover that time: it was stopped.
    var apiServerStall: Gap?
    /// The API server sent nothing while etcd continued.
    var apiServerGap: Gap?
    /// etcd's handlers in that gap that have a parent: something called etcd.
    var handlersInGap = 0
    /// The process that most of the long calls to etcd waited for.
    var stall: Stall?
    /// Calls to etcd that ended in the interval.
    package var calls = 0
    /// The number of `calls` that contain a handler of etcd.
    var callsHandled = 0
    /// etcd's handlers that ended in the interval and have a parent.
    var handlersWithParent = 0
    /// Calls that began and succeeded while etcd sent nothing: something answered them.
    var callsAnsweredInGap = 0
    /// Mean time of a request by component number, nanoseconds; empty if no request ended in the interval.
    package var components: [ComponentGrowth] = []
    package var requestCount = 0
    var requestCountBefore = 0
    /// Whether etcd has ever sent a span.
    var knowsEtcd = false

    package init() {}
}

/// A component's time in the mean request, nanoseconds.
package struct ComponentGrowth: Equatable, Sendable {
    package var component: Component
    package var now: Double
    /// nil without requests in the baseline.
    package var before: Double?

    /// nil without requests in the baseline.
    package var growth: Double? { before.map { now - $0 } }
}

/// An interval and its baseline, Unix nanoseconds.
package struct Comparison: Hashable, Sendable {
    package var interval: Range<Int64>
    package var baseline: Range<Int64>

    package init(interval: Range<Int64>, baseline: Range<Int64>) {
        self.interval = interval
        self.baseline = baseline
    }

    /// The length of the interval as a multiple of the part of the baseline from `oldest` on (Unix nanoseconds), of which
    /// there may be spans.
    func intervalShare(from oldest: Int64) -> Double {
        let known = baseline.upperBound.subtractingSaturating(max(baseline.lowerBound, oldest))
        return Double(interval.upperBound.subtractingSaturating(interval.lowerBound))
            / Double(max(known, Window.slotWidth))
    }
}

/// The culprit of an interval, and how much of a request's time each component took in it and before.
package struct CulpritFinding: Sendable {
    package var verdict: Verdict
    /// Largest growth first.
    package var components: [ComponentGrowth]
}

extension WindowView {
    /// What to compare at a time, for a fault that began earlier (both Unix nanoseconds): the last half minute with the ten
    /// minutes before the fault. A condition over a long range notices a fault late, so the baseline ends half of that range
    /// earlier, if enough history remains.
    ///
    /// - Parameter range: the length of the condition's range, nanoseconds.
    package func comparison(at time: Int64, since begin: Int64, range: Int64) -> Comparison {
        let oldest = slots.first?.start ?? time
        let noticed = begin.subtractingSaturating(max(range / 2, Self.culpritInterval))
        let latest = begin.subtractingSaturating(Self.culpritInterval)
        let end = noticed.subtractingSaturating(oldest) >= Self.culpritBaselineMin ? noticed : latest
        return Comparison(
            interval: time.subtractingSaturating(Self.culpritInterval)..<time,
            baseline: end.subtractingSaturating(Self.culpritBaseline)..<end)
    }

    /// The culprit according to evidence from this view.
    ///
    /// - Parameter requests: the request series that the question is about; nil if it is about something else.
    package func culprit(
        _ evidence: Evidence, _ comparison: Comparison, requests: [Int32]?, _ components: ComponentTable
    ) -> CulpritFinding {
        CulpritFinding(
            verdict: evidence.verdict { requests.flatMap { verdict(onRequests: $0, comparison, components) } },
            components: evidence.components.sorted { $0.growth ?? $0.now > $1.growth ?? $1.now })
    }

    private static let culpritInterval: Int64 = 30_000_000_000
    private static let culpritBaseline: Int64 = 600_000_000_000
    private static let culpritBaselineMin: Int64 = 60_000_000_000

    /// Gathers the evidence for a comparison from an attributed view. Both ranges are rounded to slots.
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
        for slot in slots where comparison.interval.overlaps(slot.start..<slot.end) {
            gathering.addHandlers(slot)
            gathering.addFailedWebhooks(slot)
        }
        var evidence = gathering.evidence
        if let gap = evidence.etcdGap {
            for slot in slots where slot.start < gap.to && slot.end > gap.from {
                evidence.callsAnsweredInGap += gathering.callsAnswered(in: gap, of: slot)
            }
        }
        if let gap = evidence.apiServerGap {
            for slot in slots where slot.start < gap.to && slot.end > gap.from {
                evidence.handlersInGap += gathering.handlers(in: gap, of: slot)
            }
        }
        return evidence
    }
}
