/// How the requests of a stretch of time ended.
package struct RequestOutcomes: Hashable, Sendable {
    package struct Tally: Hashable, Sendable {
        package var count: Int
        /// Took longer than the threshold of their kind.
        package var slow: Int
        package var failed: Int

        package init(count: Int = 0, slow: Int = 0, failed: Int = 0) {
            self.count = count
            self.slow = slow
            self.failed = failed
        }

        fileprivate static func += (left: inout Tally, right: Tally) {
            left.count += right.count
            left.slow += right.slow
            left.failed += right.failed
        }
    }

    private var all: Tally
    package private(set) var verbs: [String: Tally]

    package var count: Int { all.count }
    package var slow: Int { all.slow }
    package var failed: Int { all.failed }

    package init(count: Int = 0, slow: Int = 0, failed: Int = 0, verbs: [String: Tally] = [:]) {
        all = Tally(count: count, slow: slow, failed: failed)
        self.verbs = verbs
    }

    mutating func add(_ tally: Tally, verb: String) {
        guard tally.count > 0 else { return }
        all += tally
        verbs[verb, default: Tally()] += tally
    }

    package static func += (left: inout RequestOutcomes, right: RequestOutcomes) {
        left.all += right.all
        for (verb, tally) in right.verbs { left.verbs[verb, default: Tally()] += tally }
    }
}

extension WindowView {
    /// Counts the requests of the window that ended in `from..<to` (Unix nanoseconds).
    ///
    /// - Parameters:
    ///   - thresholds: durations in nanoseconds, by request number. Requests of further numbers are never slow.
    ///   - isWanted: by request number, which kinds count.
    package func requestOutcomes(
        from: Int64, to: Int64, slowerThan thresholds: [Int64], where isWanted: [Bool]
    ) -> RequestOutcomes {
        let inRange = slots.overlapping(from: from, to: to).filter { $0.count > 0 }
        let scope = SeriesScope(
            .requests, range: TimeRange(from: from, to: to), isWanted: isWanted)
        let missing = max(requests.count - thresholds.count, 0)
        // By index in the scope, which has the wanted series in their order.
        let kinds = requests.indices.filter { isWanted[$0] }
        let thresholds = (thresholds + Array(repeating: Int64.max, count: missing)).enumerated()
            .filter { isWanted[$0.offset] }.map(\.element)
        var tallies = [RequestOutcomes.Tally](repeating: .init(), count: kinds.count)
        scope.forEachBlock(of: inRange) { rows in
            let thresholds = thresholds.span
            rows.forEach { series, row in
                tallies[series].count += 1
                if rows.durations[row] > thresholds[series] { tallies[series].slow += 1 }
                if rows.flags[row] & SpanFlags.error != 0 { tallies[series].failed += 1 }
            }
        }
        var outcomes = RequestOutcomes()
        for (kind, tally) in zip(kinds, tallies) { outcomes.add(tally, verb: requests[kind].verb) }
        return outcomes
    }
}
