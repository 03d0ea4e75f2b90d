/// The status messages of failed spans, and how many spans have each.
struct FailureMessages: Sendable {
    private var counts: [String: Int] = [:]

    /// More than a sentence needs. Messages that name ports or times differ from one span to the next.
    private static let countMax = 1000

    /// - Parameter message: nil if it isn't known.
    mutating func add(_ message: String?, _ count: Int = 1) {
        guard let message, counts[message] != nil || counts.count < Self.countMax else { return }
        counts[message, default: 0] += count
    }

    mutating func add(_ other: FailureMessages) {
        for (message, count) in other.counts { add(message, count) }
    }

    /// The message that most of some failed spans have, for a sentence that has just named them: ` ("etcdserver: no
    /// leader")`, ` (31 of them "etcdserver: no leader")`; empty if none has one.
    ///
    /// - Parameter spans: how many failed.
    func clause(of spans: Int) -> String {
        // Equally frequent ones are in the order of their bytes.
        guard let most = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return "" }
        let quoted = VerdictText.quote(most.key, limit: Self.quotedMax)
        if most.value >= spans { return " (\(quoted))" }
        return most.value == 1 ? " (one of them \(quoted))" : " (\(most.value) of them \(quoted))"
    }

    /// Whether most of the spans say what gRPC's clients say of calls that they gave up.
    var areOfCaller: Bool {
        let given = Self.ofCallers.reduce(0) { $0 + (counts[$1] ?? 0) }
        return 2 * given > counts.values.reduce(0, +)
    }

    private static let ofCallers = ["context deadline exceeded", "context canceled"]

    /// Characters. The longest message that gRPC's clients usually give has 135.
    private static let quotedMax = 160
}
