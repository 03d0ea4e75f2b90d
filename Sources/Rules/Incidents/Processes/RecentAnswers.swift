import Engine
import Support

/// The calls that a member of etcd answered lately: while it does, an API server runs. Times are in nanoseconds since the epoch.
struct RecentAnswers: Hashable, Sendable {
    private struct Answers: Hashable, Sendable {
        var second: Int64
        var count: Int
    }

    /// By second, in order.
    private var seconds: [Answers] = []

    /// How far back they are remembered: two minutes.
    private static let memory: Int64 = 120_000_000_000

    mutating func add(_ second: SourceActivity.Second) {
        seconds.removeAll { $0.second < second.start.subtractingSaturating(Self.memory) }
        if second.answers > 0 { seconds.append(Answers(second: second.start, count: second.answers)) }
    }

    func count(since time: Int64) -> Int { seconds.reduce(0) { $0 + ($1.second >= time ? $1.count : 0) } }
}

/// The silence of all API servers while etcd is heard.
extension ProcessWatch {
    /// How long exporters hold spans: when an API server dies, etcd's spans show calls of which its own are lost.
    private static let exporterDelay: Int64 = 6_000_000_000
    /// Clocks may put a few spans in the wrong place.
    private static let answeredMin = 3

    /// - Parameter since: when an API server was last heard.
    func silenceOfAPIServers(since: Int64, in cluster: String) -> ProcessEvent {
        let from = since.addingSaturating(Self.exporterDelay)
        let answers = inOrder.filter { $0.source.cluster == cluster && $0.role == .etcd }
            .reduce(0) { $0 + $1.answers.count(since: from) }
        let isRunning = answers >= Self.answeredMin
        let text = Timestamp.rfc3339(since)
        return ProcessEvent(
            kind: .silent, since: since, cluster: cluster, side: isRunning ? nil : .apiServer, instance: nil,
            certainty: isRunning ? .notClear : .likely,
            why: isRunning
                ? "no spans of an API server since \(text), yet etcd still answers calls: an API server runs, and its spans "
                    + "don't arrive"
                : "apiserver: no spans since \(text), while etcd's still arrive")
    }
}
