/// What speaks for and against each side: an interval against the time before it. See docs/culprit.md.
package struct Evidence: Sendable {
    /// etcd's own spans.
    package var etcd = Slowdown()
    /// What the API server itself took of its requests.
    package var apiServer = Slowdown()
    /// Requests that never reached etcd.
    package var cached = Slowdown()
    /// What the API server's calls of etcd took beyond etcd's own spans.
    package var connection = Slowdown()
    /// What webhooks took of requests.
    package var webhook = Slowdown()
    /// etcd sent nothing while the API server went on.
    var etcdGap: Gap?
    /// Neither sent anything, and spans of the API server last over that time: it stood still.
    var apiServerStall: Gap?
    /// The API server sent nothing while etcd went on.
    var apiServerGap: Gap?
    /// Handlers of etcd in that gap that say whose call they are of: somebody called.
    var handlersInGap = 0
    /// Of one end of the calls of etcd, that most of the long ones waited for.
    var stall: Stall?
    /// Calls of etcd that ended in the interval.
    package var calls = 0
    /// Of these, calls within which a handler of etcd was heard.
    var callsHandled = 0
    /// Handlers of etcd that ended in the interval and say whose call they are of.
    var handlersWithParent = 0
    /// Calls that began and ended well while etcd was silent: somebody answered them.
    var callsAnsweredInGap = 0
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
