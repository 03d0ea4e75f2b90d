import Support

extension Window {
    /// The clock was set back. What it has of later times still counts among all that came, but is of none of the times that
    /// come now: those are measured by what comes in them.
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
