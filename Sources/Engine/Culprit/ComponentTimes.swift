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

        /// The time of a kind of request in which it occupies the API server.
        func busy(_ series: Int) -> Double {
            guard series < requests.count else { return 0 }
            return (0..<ComponentTable.countMax).reduce(0) { sum, number in
                ComponentTimes.isIdle[number] ? sum : sum + parts[series * ComponentTable.countMax + number]
            }
        }

        func part(_ component: Component, of series: Int) -> Double {
            parts[series * ComponentTable.countMax + Int(component.number)]
        }

        func sum(_ component: Int) -> Double {
            stride(from: component, to: parts.count, by: ComponentTable.countMax).reduce(0) { $0 + parts[$1] }
        }
    }

    private var now = Sums()
    private var before = Sums()
    /// How many slots were added.
    private var (slots, slotsBefore) = (0, 0)
    /// Whether counts of longer times than slots are among them.
    private var hasLongerSlots = false

    /// With fewer earlier requests of a kind, its usual time is uncertain.
    private static let countMin = 8

    mutating func addSlot(_ slot: SlotView, isNow: Bool) {
        if isNow { slots += 1 } else { slotsBefore += 1 }
        if slot.remembered != nil { hasLongerSlots = true }
    }

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

    /// The API server's own work on kinds of request that hardly occurred before, if that is most of the time of all requests
    /// outside queues: nil if it isn't.
    var newWork: NewWork? {
        let kinds = now.requests.indices.filter { now.requests[$0] > 0 && countBefore($0) < Self.countMin }
        // Storage waits for whatever the rest waits for.
        let components = Component.ownWork.filter { $0 != .storage }
        func work(_ series: Int) -> Double { components.reduce(0) { $0 + now.part($1, of: series) } }
        guard let most = kinds.max(by: { work($0) < work($1) }) else { return nil }
        let all = now.requests.indices.reduce(0) { $0 + now.busy($1) }
        guard 2 * kinds.reduce(0, { $0 + work($1) }) > all,
            let component = components.max(by: { now.part($0, of: most) < now.part($1, of: most) })
        else { return nil }
        return NewWork(
            series: most, component: component, count: now.requests[most],
            time: work(most) / Double(now.requests[most]))
    }

    private func countBefore(_ series: Int) -> Int { series < before.requests.count ? before.requests[series] : 0 }

    /// The kind of request that there is much more of, or else the one that occupies the API server for much longer; nil
    /// without one, or if it isn't known how often requests came.
    var flow: GrownFlow? {
        guard slots > 0, slotsBefore > 0, !hasLongerSlots else { return nil }
        let share = Double(slots) / Double(slotsBefore)
        let kinds = now.requests.indices
        let counts = kinds.map { Double(now.requests[$0]) }
        let usualCounts = kinds.map { $0 < before.requests.count ? share * Double(before.requests[$0]) : 0 }
        let found =
            Self.mostAdded(counts, usualCounts)
            ?? Self.mostAdded(kinds.map { now.busy($0) }, kinds.map { share * before.busy($0) })
        guard let most = found, now.requests[most] >= Self.countMin else { return nil }
        let countBefore = countBefore(most)
        func perSecond(_ count: Int, _ slots: Int) -> Double {
            Double(count) / Double(slots) / (Double(Window.slotWidth) / 1e9)
        }
        return GrownFlow(
            series: most, rate: perSecond(now.requests[most], slots), rateBefore: perSecond(countBefore, slotsBefore),
            time: now.busy(most) / Double(now.requests[most]),
            timeBefore: countBefore > 0 ? before.busy(most) / Double(countBefore) : 0)
    }

    /// Which of some sums at least doubled and has much of what was added to all: nil if none.
    private static func mostAdded(_ now: [Double], _ usual: [Double]) -> Int? {
        let added = zip(now, usual).map { $0 - $1 }
        guard let most = added.indices.max(by: { added[$0] < added[$1] }), now[most] >= 2 * usual[most],
            partOfAdded * added[most] >= added.reduce(0, +), partOfAll * added[most] >= now.reduce(0, +)
        else { return nil }
        return most
    }

    /// By component number: whether a request that is there occupies nothing.
    private static let isIdle = (0..<ComponentTable.countMax).map { number in
        let component = Component(UInt8(number))
        return Component.queues.contains(component) || component == .authentication
    }
    private static let partOfAdded = 3.0
    private static let partOfAll = 20.0
}
