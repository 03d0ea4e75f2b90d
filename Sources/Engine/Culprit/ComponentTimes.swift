/// The time of requests by kind and component, in the interval and before it.
struct ComponentTimes: Sendable {
    /// Requests by series, and the sum of each of their parts by series and component, nanoseconds.
    private struct Sums: Sendable {
        var requests: [Int] = []
        var parts: [Double] = []

        mutating func makeRoom(_ series: Int) {
            guard requests.count <= series else { return }
            requests += repeatElement(0, count: series + 1 - requests.count)
            parts += repeatElement(0, count: requests.count * ComponentTable.countMax - parts.count)
        }

        var requestCount: Int { requests.reduce(0, +) }

        func sum(_ component: Int) -> Double {
            stride(from: component, to: parts.count, by: ComponentTable.countMax).reduce(0) { $0 + parts[$1] }
        }
    }

    private var now = Sums()
    private var before = Sums()

    /// With fewer earlier requests of a kind, its usual time is uncertain.
    private static let countMin = 8

    mutating func addRequests(_ count: Int, series: Int, isNow: Bool) {
        if isNow {
            now.makeRoom(series)
            now.requests[series] += count
        } else {
            before.makeRoom(series)
            before.requests[series] += count
        }
    }

    /// Adds parts of requests.
    ///
    /// - Parameters:
    ///   - series: of `Population.parts`.
    ///   - sum: their durations, nanoseconds.
    mutating func addParts(series: Int, sum: Double, isNow: Bool) {
        if isNow {
            now.makeRoom(series / ComponentTable.countMax)
            now.parts[series] += sum
        } else {
            before.makeRoom(series / ComponentTable.countMax)
            before.parts[series] += sum
        }
    }

    var requestCount: Int { now.requestCount }
    var requestCountBefore: Int { before.requestCount }

    /// Each component's time in the mean request.
    var growth: [ComponentGrowth] {
        let (count, countBefore) = (Double(requestCount), Double(requestCountBefore))
        guard count > 0 else { return [] }
        return (0..<ComponentTable.countMax).compactMap { number in
            let (sum, sumBefore) = (now.sum(number), before.sum(number))
            guard sum > 0 || sumBefore > 0 else { return nil }
            return ComponentGrowth(
                component: Component(UInt8(number)), now: sum / count,
                before: countBefore > 0 ? sumBefore / countBefore : nil)
        }
    }

    /// By component: how much longer the requests of the interval took than as many of the same kinds before, nanoseconds in
    /// all. Kinds that hardly occurred before don't count.
    var excess: [Double] {
        var excess = [Double](repeating: 0, count: ComponentTable.countMax)
        for series in now.requests.indices where now.requests[series] > 0 && series < before.requests.count {
            guard before.requests[series] >= Self.countMin else { continue }
            let share = Double(now.requests[series]) / Double(before.requests[series])
            for number in excess.indices {
                let part = series * ComponentTable.countMax + number
                excess[number] += now.parts[part] - share * before.parts[part]
            }
        }
        return excess
    }
}
