import Support

/// By how much a source's clock is ahead of the API servers' that call it, as time passes by that clock.
package struct ClockSteps: Equatable, Sendable {
    private struct Step: Equatable {
        /// Unix nanoseconds, by the source's clock.
        var from: Int64
        /// Nanoseconds.
        var offset: Int64
    }

    private var steps: [Step] = []

    /// - Parameter calls: in the order of the callee's ends, each with that end in Unix nanoseconds.
    init?(_ calls: [(end: Int64, bounds: CallBounds)]) {
        var first = 0
        while first < calls.count {
            // The last group includes calls that would be too few on their own.
            let isLast = calls.count - first < ClockFit.callsMax + ClockFit.callsMin
            let group = calls[first..<(isLast ? calls.count : first + ClockFit.callsMax)]
            let offset = ClockFit.offset(of: group.map(\.bounds), before: steps.last?.offset ?? 0)
            if let offset, offset != steps.last?.offset {
                steps.append(Step(from: steps.isEmpty ? .min : calls[first].end, offset: offset))
            }
            first = group.endIndex
        }
        if steps.isEmpty { return nil }
    }

    /// Whether the clock was ever off.
    package var areOff: Bool { steps.contains { $0.offset != 0 } }

    /// The latest offset, nanoseconds.
    package var last: Int64 { steps.last?.offset ?? 0 }

    /// The offset at a time by the source's clock, Unix nanoseconds.
    func offset(at time: Int64) -> Int64 {
        let next = steps.indices.first(reaching: { steps[$0].from > time })
        return next == 0 ? 0 : steps[next - 1].offset
    }
}
