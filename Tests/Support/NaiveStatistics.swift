/// Statistics computed the slow and obvious way, to compare with the engine's.
package struct NaiveStatistics {
    private var durations: [Int64] = []
    package private(set) var errors = 0

    package init() {}

    package mutating func add(_ duration: Int64, isError: Bool) {
        durations.append(duration)
        if isError { errors += 1 }
    }

    package var count: Int { durations.count }
    package var max: Int64 { durations.max() ?? 0 }
    package var sum: Int128 { durations.reduce(0) { $0 + Int128($1) } }

    /// The ceil(q·n)-th smallest.
    package func quantile(_ quantile: Double) -> Int64 {
        let rank = Int((quantile * Double(durations.count)).rounded(.up))
        return durations.sorted()[Swift.max(rank, 1) - 1]
    }
}
