import Support

/// Which of the webhooks of one sort take longer. Their calls' spans name them.
struct CalledWebhooks: Sendable {
    struct Webhook: Sendable {
        let name: WebhookName
        let growth: Growth
    }

    /// Those that were called in the interval.
    let webhooks: [Webhook]
    /// Whether a name is known for each call in the interval.
    let areAllNamed: Bool
}

/// The attributes `webhook` and `configuration` of a webhook's call.
struct WebhookName: Hashable, Comparable, Sendable {
    /// Each followed by a zero byte.
    private let key: String

    init(key: String) {
        self.key = key
    }

    /// `validate.example.com (configuration example)`
    var text: String {
        let parts = key.split(separator: "\0", omittingEmptySubsequences: false)
            .map { VerdictText.printable(String($0)) }
        let configuration = parts.count > 1 ? parts[1] : ""
        return configuration.isEmpty ? parts[0] : "\(parts[0]) (configuration \(configuration))"
    }

    static func < (left: WebhookName, right: WebhookName) -> Bool { left.key < right.key }
}

/// Compares the webhooks of one sort, each with itself.
struct WebhookMeters: ComparingMeters {
    private struct Webhook {
        let name: WebhookName
        var meter = GrowthMeter()
        var isOfInterval = false
    }

    private let component: Component
    /// By operation.
    private let roles: [EvidenceGathering.Role]
    private var places: [WebhookName: Int] = [:]
    private var webhooks: [Webhook] = []
    /// Calls in the interval, and those of them that are named.
    private var (calls, named) = (0, 0)

    /// More aren't compared, so that invented names take no memory.
    private static let webhooksMax = 64

    init(_ component: Component, roles: [EvidenceGathering.Role]) {
        self.component = component
        self.roles = roles
    }

    mutating func learned() {
        for place in webhooks.indices { webhooks[place].meter.learned() }
    }

    mutating func add(_ slot: SlotView, _ pass: EvidenceMeters.Pass) {
        let isOfInterval = if case .comparing(stretch: nil) = pass { true } else { false }
        if isOfInterval { countCalls(slot) }
        guard let names = slot.webhooks else { return }
        var known = [Int?](repeating: nil, count: names.all.count)
        names.forEachRow { row, number in
            let span = slot.row(row)
            guard roles[Int(span.operation)].webhook == component else { return }
            known[number] = known[number] ?? place(of: WebhookName(key: names.all[number]))
            guard let place = known[number] else { return }
            if isOfInterval {
                named += 1
                webhooks[place].isOfInterval = true
            }
            webhooks[place].meter.add(LatencyBucket.shared.code(span.duration), 0, pass)
        }
    }

    private mutating func countCalls(_ slot: SlotView) {
        var count = 0
        slot.forEachBlock { columns, rows in
            for row in 0..<rows where roles[Int(columns.operation[row])].webhook == component { count += 1 }
        }
        calls += count
    }

    private mutating func place(of name: WebhookName) -> Int? {
        if let place = places[name] { return place }
        guard webhooks.count < Self.webhooksMax else { return nil }
        places[name] = webhooks.count
        webhooks.append(Webhook(name: name))
        return webhooks.count - 1
    }

    var called: CalledWebhooks {
        CalledWebhooks(
            webhooks: webhooks.filter(\.isOfInterval).map { .init(name: $0.name, growth: $0.meter.growth) },
            areAllNamed: calls == named)
    }
}

extension WindowView {
    /// The webhooks of each sort that takes longer.
    func calledWebhooks(
        _ evidence: Evidence, _ comparison: Comparison, roles: [EvidenceGathering.Role]
    ) -> [Component: CalledWebhooks] {
        let slower = [Component.mutatingWebhook, .validatingWebhook].filter {
            evidence.isSlow($0) || evidence.isLonger($0)
        }
        return slower.reduce(into: [:]) { called, component in
            called[component] = measure(WebhookMeters(component, roles: roles), comparison).called
        }
    }
}

// MARK: - The verdict

extension Evidence {
    /// If others of its sort took longer too, a webhook is named alone only if it grew this many times as much.
    private static let distinct = 3.0
    private static let namesMax = 3

    /// `authorization took 700 ms instead of 2 ms at p80`, naming the webhooks that did if they are known, and what accounts
    /// for the added time: `it accounts`, `mutating webhooks account`.
    func tookLonger(_ component: Component) -> (taker: String, took: String) {
        let name = VerdictText.name(component, names)
        let grown = VerdictText.grown(part(component))
        guard component.isWebhook else { return ("it accounts", "\(name) took \(grown)") }
        guard let called = webhooks[component] else { return ("they account", "\(name) took \(grown)") }
        let one = String(name.dropLast())
        if called.webhooks.count == 1, called.areAllNamed {
            return ("it accounts", "\(one) \(called.webhooks[0].name.text) took \(grown)")
        }
        let slow = called.webhooks.filter { $0.growth.trend == .grew || $0.growth.timesOfFew != nil }
            .sorted { ($1.growth.greatest, $0.name) < ($0.growth.greatest, $1.name) }
        guard let slowest = slow.first else { return ("they account", "\(name) took \(grown)") }
        if slow.dropFirst().allSatisfy({ Self.distinct * $0.growth.greatest <= slowest.growth.greatest }) {
            return ("\(name) account", "\(one) \(slowest.name.text) took \(VerdictText.grown(slowest.growth))")
        }
        let others = slow.count > Self.namesMax ? ["\(slow.count - Self.namesMax) more"] : []
        let listed = (slow.prefix(Self.namesMax).map(\.name.text) + others).listed()
        return ("they account", "\(name) took \(grown), those of \(listed)")
    }
}
