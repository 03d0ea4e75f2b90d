/// A value that rules can use, computed from the spans of one group within its range.
package enum NaiveRuleValue: CaseIterable, Sendable {
    case p50, p90, p95, p99, p999, mean, max, count, rate, errors, errorRatio, seen, burnRate
    case selfP50, selfP999, selfMean, selfMax
    case shareOfEtcd, shareOfAPIServer, timeOfEtcdClient, timeOfWebhook

    /// As written in a rule file, in a comparison that always holds.
    package var condition: String { Self.texts[self] ?? "" }

    private static let texts: [NaiveRuleValue: String] = [
        .p50: "p50 >= 0s", .p90: "p90 >= 0s", .p95: "p95 >= 0s", .p99: "p99 >= 0s", .p999: "p99.9 >= 0s",
        .mean: "mean >= 0s", .max: "max >= 0s", .count: "count >= 0", .rate: "rate >= 0/s", .errors: "errors >= 0",
        .errorRatio: "error_ratio >= 0%", .seen: "seen >= 0", .burnRate: "burn_rate(99%, 1s, 60s) >= 0",
        .selfP50: "self_p50 >= 0s", .selfP999: "self_p99.9 >= 0s", .selfMean: "self_mean >= 0s",
        .selfMax: "self_max >= 0s", .shareOfEtcd: "share(etcd) >= 0%", .shareOfAPIServer: "share(apiserver) >= 0%",
        .timeOfEtcdClient: "time(etcd-client) >= 0s", .timeOfWebhook: "time(mutating-webhook) >= 0s",
    ]

    package var isOfRequests: Bool {
        switch self {
        case .shareOfEtcd, .shareOfAPIServer, .timeOfEtcdClient, .timeOfWebhook: true
        default: false
        }
    }

    package var isOfAttribution: Bool {
        switch self {
        case .selfP50, .selfP999, .selfMean, .selfMax: true
        default: isOfRequests
        }
    }

    /// Whether it is computed from latency buckets once spans have left the window.
    package var isOfBuckets: Bool {
        switch self {
        case .p50, .p90, .p95, .p99, .p999, .burnRate: true
        default: false
        }
    }

    /// Seconds, per second or 0...1; nil if there is no data.
    ///
    /// - Parameter over: the length of the range, seconds.
    package func value(of group: [NaiveReport.AttributedSpan], over: Double) -> Double? {
        guard !group.isEmpty else { return nil }
        var durations = NaiveStatistics()
        var selfTimes = NaiveStatistics()
        for attributed in group {
            durations.add(
                isOfRequests ? attributed.duration : attributed.span.duration, isError: attributed.span.isError)
            if let time = attributed.selfTime { selfTimes.add(time, isError: false) }
        }
        switch self {
        case .p50: return Double(durations.quantile(0.5)) / 1e9
        case .p90: return Double(durations.quantile(0.9)) / 1e9
        case .p95: return Double(durations.quantile(0.95)) / 1e9
        case .p99: return Double(durations.quantile(0.99)) / 1e9
        case .p999: return Double(durations.quantile(0.999)) / 1e9
        case .mean: return Double(durations.sum) / Double(durations.count) / 1e9
        case .max: return Double(durations.max) / 1e9
        case .count, .seen: return Double(durations.count)
        case .rate: return Double(durations.count) / over
        case .errors: return Double(durations.errors)
        case .errorRatio: return Double(durations.errors) / Double(durations.count)
        case .burnRate:
            let bad = group.count { $0.span.isError || $0.span.duration > 1_000_000_000 }
            return Double(bad) / Double(durations.count) / 0.01
        case .selfP50: return selfTimes.count == 0 ? nil : Double(selfTimes.quantile(0.5)) / 1e9
        case .selfP999: return selfTimes.count == 0 ? nil : Double(selfTimes.quantile(0.999)) / 1e9
        case .selfMean: return selfTimes.count == 0 ? nil : Double(selfTimes.sum) / Double(selfTimes.count) / 1e9
        case .selfMax: return selfTimes.count == 0 ? nil : Double(selfTimes.max) / 1e9
        case .shareOfEtcd: return Self.share("etcd", group)
        case .shareOfAPIServer: return Self.share("apiserver", group)
        case .timeOfEtcdClient: return Self.sum("etcd-client", group) / Double(group.count) / 1e9
        case .timeOfWebhook: return Self.sum("mutating-webhook", group) / Double(group.count) / 1e9
        }
    }

    private static func share(_ component: String, _ group: [NaiveReport.AttributedSpan]) -> Double? {
        let all = group.reduce(0) { $0 + Double($1.duration) }
        return all > 0 ? sum(component, group) / all : nil
    }

    private static func sum(_ component: String, _ group: [NaiveReport.AttributedSpan]) -> Double {
        group.reduce(0) { $0 + Double($1.parts?[component] ?? 0) }
    }
}
