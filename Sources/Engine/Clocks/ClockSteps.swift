import Support

/// By how much a source's clock is ahead of the API servers' that call it, as time passes by that clock.
package struct ClockSteps: Equatable, Sendable {
    /// What holds while some calls end, Unix nanoseconds by the source's clock.
    private struct Step: Equatable {
        var from: Int64
        var to: Int64
        var offset: ClockOffset

        func offset(at time: Int64) -> Int64 { offset.at(min(max(time, from), to)) }
    }

    private var steps: [Step] = []

    /// - Parameter calls: in the order of the callee's ends.
    init?(_ calls: [CallBounds]) {
        var (first, fitting) = (0, 0)
        while first < calls.count {
            // The last group includes calls that would be too few on their own.
            let isLast = calls.count - first < ClockFit.callsMax + ClockFit.callsMin
            let group = calls[first..<(isLast ? calls.count : first + ClockFit.callsMax)]
            if let offset = ClockFit.offset(of: group, before: last) {
                steps.append(Step(from: calls[first].end, to: calls[group.endIndex - 1].end, offset: offset))
                fitting += group.count
            }
            first = group.endIndex
        }
        // Members without instance ids whose clocks differ: only the first and the last calls are those of one.
        if fitting * 2 <= calls.count { return nil }
    }

    /// Whether the clock was ever off.
    package var areOff: Bool { steps.contains { $0.offset(at: $0.from) != 0 || $0.offset(at: $0.to) != 0 } }

    /// The latest offset, nanoseconds.
    package var last: Int64 { steps.last.map { $0.offset(at: $0.to) } ?? 0 }

    /// The offset at a time by the source's clock, Unix nanoseconds.
    func offset(at time: Int64) -> Int64 {
        let next = steps.indices.first(reaching: { steps[$0].from > time })
        return steps[max(next - 1, 0)].offset(at: time)
    }
}
