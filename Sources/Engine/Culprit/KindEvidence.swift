/// Where the time of some kinds of request went, compared with the time before: for an alert about kinds that are too few
/// among all requests to move the evidence about processes.
struct KindEvidence {
    private var meters = [SlowdownMeter](repeating: SlowdownMeter(), count: ComponentTable.countMax)
    /// Sums by component, nanoseconds: now, and before.
    private var sums = [Double](repeating: 0, count: ComponentTable.countMax)
    private var sumsBefore = [Double](repeating: 0, count: ComponentTable.countMax)
    private var (requestCount, requestCountBefore) = (0, 0)

    /// Components outside the API server that it waits for on behalf of single kinds of request. Time of the others can't
    /// be told from that of a process that waits for its turn, so only evidence about processes counts for them.
    private static let candidates: [Component] = [.mutatingWebhook, .validatingWebhook, .proxy, .transform]
    private static let slow = 3.0
    private static let verySlow = 6.0

    /// - Parameter isWanted: by request series, whether the alert is about it.
    fileprivate mutating func add(_ slot: SlotView, _ isWanted: [Bool], isNow: Bool) {
        guard let attribution = slot.attribution else { return }
        let count = attribution.requests.reduce(0) { $0 + (isWanted[Int($1.series)] ? 1 : 0) }
        if isNow { requestCount += count } else { requestCountBefore += count }
        for part in 0..<attribution.parts.count {
            let series = Int(attribution.parts.series[part])
            guard isWanted[series / ComponentTable.countMax] else { continue }
            let number = series % ComponentTable.countMax
            meters[number].add(attribution.parts.buckets[part], series: series, isNow: isNow)
            let duration = Double(attribution.parts.durations[part])
            if isNow { sums[number] += duration } else { sumsBefore[number] += duration }
        }
    }

    /// The component that took most of the time added to these requests, if it is one that can be accused.
    fileprivate func verdict(_ table: ComponentTable) -> Verdict? {
        guard requestCount > 0, requestCountBefore > 0 else { return nil }
        let growth = sums.indices.map {
            max(sums[$0] / Double(requestCount) - sumsBefore[$0] / Double(requestCountBefore), 0)
        }
        let all = growth.reduce(0, +)
        guard let most = growth.indices.max(by: { growth[$0] < growth[$1] }), 2 * growth[most] >= all, all > 0 else {
            return nil
        }
        let component = Component(UInt8(most))
        let slowdown = meters[most].slowdown
        guard Self.candidates.contains(component),
            let times = [slowdown.times, slowdown.timesOfFew].compactMap(\.self).max(), times >= Self.slow
        else { return nil }
        let share = Int((growth[most] / all * 100).rounded())
        return Verdict(
            side: component.side, component: component, certainty: times >= Self.verySlow ? .clear : .likely,
            why:
                "\(component.side.rawValue): \(table.names[most]) took \(VerdictText.p50(slowdown)) in these requests; it accounts "
                + "for \(share) % of the time added to them; nothing else got clearly slower")
    }
}

extension WindowView {
    /// The verdict about the requests of some series in an interval; nil if their parts accuse no component.
    func verdict(onRequests series: [Int32], _ comparison: Comparison, _ components: ComponentTable) -> Verdict? {
        var isWanted = [Bool](repeating: false, count: requests.count)
        for number in series where isWanted.indices.contains(Int(number)) { isWanted[Int(number)] = true }
        var evidence = KindEvidence()
        for slot in slots {
            if comparison.interval.overlaps(slot.start..<slot.end) {
                evidence.add(slot, isWanted, isNow: true)
            } else if comparison.baseline.overlaps(slot.start..<slot.end) {
                evidence.add(slot, isWanted, isNow: false)
            }
        }
        return evidence.verdict(components)
    }
}
