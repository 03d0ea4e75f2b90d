import Support

extension Window {
    /// Handles a clock that was set back. Spans of later times still count in the totals, but not in the times to come:
    /// those are measured by the spans that arrive in them.
    ///
    /// - Parameter clock: Unix nanoseconds.
    package mutating func setBack(to clock: Int64) {
        foldEvicted()
        retireSlots(after: Self.slotNumber(clock))
        setHistoryBack(to: clock)
        let byAge = limits.duration.map { Self.slotNumber(max(clock.subtractingSaturating($0), 0)) } ?? .min
        let known = history.newestMinute
        let byHistory = known == .min ? .min : Self.slotNumber(HistoryTime.start(ofMinute: known + 1))
        lowerHorizon(to: max(byAge, byHistory))
    }
}
