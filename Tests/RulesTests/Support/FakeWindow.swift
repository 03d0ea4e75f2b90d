import Engine
import Rules

/// Spans held in a list and measured the naive way.
final class FakeWindow: MeasurementSource {
    struct Entry {
        var population: Population
        var series: Int
        var end: Int64
        var duration: Int64
        var isError: Bool
    }

    /// One call of `measure`.
    struct Call: Equatable {
        var population: Population
        var from: Int64
        var to: Int64
        var selections: Int
    }

    private(set) var operations: [OperationLabels] = []
    private(set) var requests: [RequestLabels] = []
    private(set) var entries: [Entry] = []
    private(set) var calls: [Call] = []
    /// The requested evidence.
    private(set) var questions: [EvidenceQuestion] = []
    /// The answer to each question; nil for none.
    var evidence: AlertEvidence?

    func add(
        _ operation: OperationLabels, end: Int64, duration: Int64 = 0, isError: Bool = false, times: Int = 1
    ) {
        if !operations.contains(operation) { operations.append(operation) }
        let series = operations.firstIndex(of: operation) ?? 0
        let entry = Entry(population: .spans, series: series, end: end, duration: duration, isError: isError)
        entries += Array(repeating: entry, count: times)
    }

    func add(_ request: RequestLabels, end: Int64, duration: Int64 = 0, isError: Bool = false, times: Int = 1) {
        if !requests.contains(request) { requests.append(request) }
        let series = requests.firstIndex(of: request) ?? 0
        let entry = Entry(
            population: .requests, series: series, end: end, duration: duration, isError: isError)
        entries += Array(repeating: entry, count: times)
    }

    /// A component's part of a request that was added before.
    func add(part component: Component, of request: RequestLabels, end: Int64, duration: Int64) {
        let series = Population.part(of: requests.firstIndex(of: request) ?? 0, component)
        entries.append(
            Entry(population: .parts, series: series, end: end, duration: duration, isError: false))
    }

    /// The self time of a span that was added before.
    func add(selfTimeOf operation: OperationLabels, end: Int64, duration: Int64) {
        let series = operations.firstIndex(of: operation) ?? 0
        entries.append(
            Entry(population: .selfTimes, series: series, end: end, duration: duration, isError: false))
    }

    func forgetCalls() { calls = [] }

    func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        calls.append(Call(population: population, from: from, to: to, selections: selections.count))
        return selections.map { selection in
            (0..<selection.groupCount).map { group in
                let chosen = entries.filter {
                    $0.population == population && $0.end >= from && $0.end < to
                        && selection.groupOfSeries[$0.series] == group
                }
                return Self.statistics(chosen, selection.quantiles, selection.thresholds)
            }
        }
    }

    func find(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection,
        lasting durations: [ClosedRange<Int64>]
    ) -> FoundSpans {
        let inRange = entries.filter { $0.end >= from && $0.end < to }
        let longest = (0..<selection.groupCount).map { group in
            inRange.filter { entry in
                entry.population == population && selection.groupOfSeries[entry.series] == group
                    && durations.contains { $0.contains(entry.duration) }
            }.map(\.duration).max()
        }
        return FoundSpans(longest: longest, isHeard: !inRange.isEmpty)
    }

    func requestOutcomes(
        from: Int64, to: Int64, slowerThan thresholds: [Int64], where isWanted: [Bool]
    ) -> RequestOutcomes {
        let ended = entries.filter {
            $0.population == .requests && $0.end >= from && $0.end < to && isWanted[$0.series]
        }
        return RequestOutcomes(
            count: ended.count,
            slow: ended.count { $0.series < thresholds.count && $0.duration > thresholds[$0.series] },
            failed: ended.count(where: \.isError))
    }

    func hasSpans(from: Int64, to: Int64) -> Bool { entries.contains { $0.end >= from && $0.end < to } }

    func hears(from: Int64, to: Int64, isByInstance: Bool) -> Bool { hasSpans(from: from, to: to) }

    func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool { false }

    func evidence(_ questions: [EvidenceQuestion]) -> [AlertEvidence] {
        self.questions += questions
        return evidence.map { evidence in questions.map { _ in evidence } } ?? []
    }

    static func statistics(
        _ entries: [Entry], _ quantiles: [Double], _ thresholds: [Int64] = []
    ) -> LatencyStatistics {
        var statistics = LatencyStatistics()
        guard !entries.isEmpty else { return statistics }
        let durations = entries.map(\.duration).sorted()
        statistics.count = entries.count
        statistics.errors = entries.count(where: \.isError)
        statistics.sum = durations.reduce(0) { $0 + Int128($1) }
        statistics.max = durations.last ?? 0
        statistics.quantiles = quantiles.map { quantile in
            let rank = Int((quantile * Double(durations.count)).rounded(.up))
            return durations[max(rank, 1) - 1]
        }
        statistics.bad = thresholds.map { limit in entries.count { $0.isError || $0.duration > limit } }
        return statistics
    }
}

extension OperationLabels {
    static let etcdRange = OperationLabels(service: "etcd", operation: "etcdserverpb.KV/Range", kind: .server)
    static let etcdTxn = OperationLabels(service: "etcd", operation: "etcdserverpb.KV/Txn", kind: .server)
    static let clientRange = OperationLabels(
        service: "apiserver", operation: "etcdserverpb.KV/Range", kind: .client)
}

extension RequestLabels {
    static let listPods = RequestLabels(
        verb: "list", group: "", resource: "pods", subresource: "", scope: "cluster")
    static let getPod = RequestLabels(
        verb: "get", group: "", resource: "pods", subresource: "", scope: "resource")
}

/// Nanoseconds.
