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

        /// The same interval, compared with other stretches.
        func compared(stretches: Int) -> Count {
            var count = Count(stretches: stretches)
            count.now = now
            return count
        }

        mutating func hear(stretch: Int) { before[stretch] = before[stretch] ?? 0 }

        /// How many stretches of the baseline have spans that count.
        var stretchesHeard: Int { before.count { $0 != nil } }

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

    /// Failed requests of one kind.
    struct OfKind: Sendable {
        var now = 0
        /// In the baseline.
        var before = 0
        /// What those of the interval say.
        var messages = FailureMessages()
    }

    /// API requests.
    var requests: Count
    /// The same by series.
    private(set) var requestsBySeries: [Int: OfKind] = [:]
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
    /// Those of webhooks by the webhook, if that is known.
    var callsByWebhook: [Component: [WebhookName: Int]] = [:]

    init(stretches: Int = 0) {
        requests = Count(stretches: stretches)
        etcdCalls = Count(stretches: stretches)
        calls = Count(stretches: stretches)
    }

    /// The failures of the same interval, compared with other stretches.
    func compared(stretches: Int) -> Failures {
        var failures = self
        failures.requests = requests.compared(stretches: stretches)
        failures.etcdCalls = etcdCalls.compared(stretches: stretches)
        failures.calls = calls.compared(stretches: stretches)
        return failures
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
        requestsBySeries[series, default: OfKind()].now += 1
        requestsBySeries[series]?.messages.add(message())
    }

    /// Adds requests of the baseline.
    mutating func addRequests(_ count: Int, series: Int, stretch: Int) {
        requests.add(count, stretch: stretch)
        requestsBySeries[series, default: OfKind()].before += count
    }

    /// The failed requests of the interval by series, without those of kinds that fail as often in health; all of them if
    /// none fails more often than usual.
    var unusualRequests: [Int: OfKind] {
        let failed = requestsBySeries.filter { $0.value.now > 0 }
        let stretches = Double(max(requests.stretchesHeard, 1))
        let unusual = failed.filter { _, kind in
            let usual = Double(kind.before) / stretches
            return Double(kind.now) > usual + Self.varies * usual.squareRoot()
        }
        return unusual.isEmpty ? failed : unusual
    }

    /// How many these are.
    var unusualCount: Int { unusualRequests.values.reduce(0) { $0 + $1.now } }

    /// Standard deviations by which a number of failures varies in health.
    private static let varies = 2.0

    /// Whether so many failed calls explain most of the failed requests.
    func explain(_ count: Int) -> Bool { requests.now > 0 && 2 * count >= unusualCount }
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
    ///
    /// - Parameter webhook: that is called; nil if that isn't known.
    mutating func move(
        below spanID: UInt64, to component: Component, _ webhook: @autoclosure () -> WebhookName?,
        of failures: inout Failures
    ) {
        guard let siblings = parents.removeValue(forKey: spanID) else { return }
        Self.move(siblings, to: component, of: &failures)
        guard let webhook = webhook() else { return }
        failures.callsByWebhook[component, default: [:]][webhook, default: 0] += siblings.count
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
