/// What failed in an interval, and how much of it usually fails.
struct Failures: Sendable {
    /// Failures of one sort: in the interval, and usually in as much time.
    struct Count: Sendable {
        private(set) var now = 0
        /// By stretch of the baseline; nil for one without spans that count.
        private var before: [Int?]

        init(stretches: Int) {
            before = Array(repeating: nil, count: stretches)
        }

        mutating func hear(stretch: Int) { before[stretch] = before[stretch] ?? 0 }

        /// - Parameter stretch: of the baseline; nil for the interval.
        mutating func add(_ count: Int = 1, stretch: Int? = nil) {
            if let stretch { before[stretch] = (before[stretch] ?? 0) + count } else { now += count }
        }

        /// Half of the stretches had no more: a fault in the others doesn't show what is healthy.
        private var usual: Int {
            let heard = before.compactMap(\.self).sorted()
            return heard.isEmpty ? 0 : heard[(heard.count - 1) / 2]
        }

        /// Whether there are far more than usual.
        var isUnusual: Bool { now >= Self.countMin && now >= Self.timesMin * usual }

        private static let countMin = 5
        private static let timesMin = 5
    }

    /// API requests.
    var requests: Count
    /// Those of the interval by series.
    var requestsBySeries: [Int] = []
    /// What they say.
    var requestMessages = FailureMessages()
    /// Calls to etcd.
    var etcdCalls: Count
    /// Those of the interval that contain a handler of etcd: it answered, with an error.
    var etcdAnswered = 0
    /// What they say.
    var etcdMessages = FailureMessages()
    /// What those say that etcd answered.
    var etcdAnswers = FailureMessages()
    /// Calls to anything else.
    var calls: Count
    /// Those of the interval by what they are part of: a kind of webhook, or `proxy`.
    var callsByComponent: [Component: Int] = [:]
    /// What these say.
    var callMessages: [Component: FailureMessages] = [:]

    init(stretches: Int = 0) {
        requests = Count(stretches: stretches)
        etcdCalls = Count(stretches: stretches)
        calls = Count(stretches: stretches)
    }

    /// Notes that a stretch of the baseline has spans that count.
    mutating func hear(stretch: Int) {
        requests.hear(stretch: stretch)
        etcdCalls.hear(stretch: stretch)
        calls.hear(stretch: stretch)
    }

    /// Adds a request of the interval.
    mutating func addRequest(series: Int, message: @autoclosure () -> String?) {
        requests.add()
        requestMessages.add(message())
        while requestsBySeries.count <= series { requestsBySeries.append(0) }
        requestsBySeries[series] += 1
    }

    /// Whether so many failed calls explain most of the failed requests.
    func explain(_ count: Int) -> Bool { requests.now > 0 && 2 * count >= requests.now }
}

/// Failed calls of the API server to anything but etcd, by their parents.
struct FailedCalls: Sendable {
    private struct Siblings {
        var count = 0
        var messages = FailureMessages()
    }

    private var parents: [UInt64: Siblings] = [:]
    private static let parentsMax = 10_000

    var isEmpty: Bool { parents.isEmpty }

    mutating func add(parent: UInt64, message: String?) {
        guard parents.count < Self.parentsMax else { return }
        parents[parent, default: Siblings()].count += 1
        parents[parent]?.messages.add(message)
    }

    /// Moves the calls that a span is the parent of to those of a component.
    mutating func move(below spanID: UInt64, to component: Component, of failures: inout Failures) {
        guard let siblings = parents.removeValue(forKey: spanID) else { return }
        Self.move(siblings, to: component, of: &failures)
    }

    /// Those that are left are of a component.
    func moveRest(to component: Component, of failures: inout Failures) {
        for siblings in parents.values { Self.move(siblings, to: component, of: &failures) }
    }

    private static func move(_ siblings: Siblings, to component: Component, of failures: inout Failures) {
        failures.callsByComponent[component, default: 0] += siblings.count
        failures.callMessages[component, default: FailureMessages()].add(siblings.messages)
    }
}

// MARK: - The verdict

extension Evidence {
    /// The verdict about failures; nil if not many more requests fail than usual.
    var ofFailures: Verdict? {
        guard failures.requests.isUnusual else { return nil }
        if failures.etcdCalls.isUnusual, failures.explain(failures.etcdCalls.now) {
            return 2 * failures.etcdAnswered >= failures.etcdCalls.now ? failingEtcd : failingConnection
        }
        let called = failures.callsByComponent.max { ($0.value, $1.key.number) < ($1.value, $0.key.number) }
        if let called, failures.calls.isUnusual, failures.explain(called.value) {
            return failingCalls(called.key, called.value)
        }
        let said = failures.requestMessages.clause(of: failures.requests.now)
        return .notClear("\(failedRequests)\(said), and no call of the API server below them did: \(nothingSlower)")
    }

    /// `17 requests failed, 12 of them create widgets`, or `17 requests failed, 6 of them create pods, 5 get nodes, 3 list pods`
    private var failedRequests: String {
        let count = failures.requests.now
        var counts: [String: Int] = [:]
        for (labels, failed) in zip(requests, failures.requestsBySeries) where failed > 0 {
            counts[VerdictText.kind(labels), default: 0] += failed
        }
        // Where equally many failed, in the order of their names.
        let kinds = counts.map { (kind: $0, count: $1) }.sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
        guard let most = kinds.first else { return "\(count) requests failed" }
        if most.count == count { return "\(count) requests failed, all of them \(most.kind)" }
        let named = 2 * most.count >= count ? 1 : Self.kindsMax
        let others = kinds.prefix(named).dropFirst().map { ", \($0.count) \($0.kind)" }
        return "\(count) requests failed, \(most.count) of them \(most.kind)\(others.joined())"
    }

    /// How many kinds of request a sentence names if none accounts for half of the failures.
    private static let kindsMax = 3

    private var failingEtcd: Verdict {
        Verdict(
            side: .etcd, component: .etcd,
            certainty: failures.etcdAnswered >= failures.requests.now ? .clear : .likely,
            why: "etcd: it answered \(failures.etcdAnswered) calls with an error"
                + "\(failures.etcdAnswers.clause(of: failures.etcdAnswered)), and \(failedRequests)")
    }

    /// Calls to etcd fail before it handles them.
    private var failingConnection: Verdict {
        guard knowsEtcd else {
            return .notClear(
                "\(failedEtcdCalls), and \(failedRequests), but etcd sends no spans: etcd and the connection to it can't "
                    + "be told apart")
        }
        return Verdict(
            side: .connection, component: .etcdClient, certainty: .likely,
            why: "connection: \(failedEtcdCalls), most of them before it handled them, and \(failedRequests)")
    }

    /// `30 calls to etcd failed ("etcdserver: request timed out")`
    var failedEtcdCalls: String {
        let count = failures.etcdCalls.now
        return "\(count) calls to etcd failed\(failures.etcdMessages.clause(of: count))"
    }

    private func failingCalls(_ component: Component, _ calls: Int) -> Verdict {
        let name = component.isWebhook ? VerdictText.webhooks(component) : "aggregated API servers"
        let said = failures.callMessages[component]?.clause(of: calls) ?? ""
        return Verdict(
            side: component.side, component: component, certainty: calls >= failures.requests.now ? .clear : .likely,
            why: "\(component.side.rawValue): \(calls) calls of \(name) failed\(said), and \(failedRequests)")
    }
}
