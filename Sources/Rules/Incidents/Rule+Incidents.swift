import Support

/// How a rule's alerts take part in incidents. Durations are in nanoseconds.
extension Rule {
    /// A minute: what an incident looks back on before it closes, and the longest window whose alerts open one by
    /// themselves.
    static let incidentWindow: Int64 = 60_000_000_000
    /// However short its window, a condition that wavers doesn't close an incident.
    private static let calmMin: Int64 = 30_000_000_000

    /// The windows that end with the evaluation, without those that they are compared with.
    private var ownWindows: [Int64] {
        condition.durations == nil
            ? condition.inputs.ranges.filter { $0.offset == 0 }.map { $0.length ?? over } : []
    }

    /// The shortest window that its condition looks at, a minute at most. A single span is no window.
    var shortestWindow: Int64 { min(ownWindows.min() ?? 0, Self.incidentWindow) }

    /// Whether it looks further back than a minute, so that it may fire when a fault is over.
    var looksFarBack: Bool { longestWindow > Self.incidentWindow }

    /// The longest window that its condition looks at.
    var longestWindow: Int64 { ownWindows.max() ?? 0 }

    /// How long after its condition last held no window within a minute holds what was bad.
    func calm(interval: Int64) -> Int64 {
        max(Self.incidentWindow - shortestWindow, Self.calmMin, interval)
    }

    /// When the fault behind an alert began at the earliest.
    func earliestStart(activeAt: Int64) -> Int64 {
        TimeLimits.nearestTime(activeAt.subtractingSaturating(max(shortestWindow, 1)))
    }
}
