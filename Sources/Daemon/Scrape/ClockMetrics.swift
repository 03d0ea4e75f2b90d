import Scrape

/// What the scrape says of the clock by which rules are evaluated.
struct ClockMetrics {
    let counts: ClockHealth.Counts

    func write(to exposition: inout Exposition) {
        exposition.family(
            "faultline_clock_jumps", .counter,
            help: "Times the wall clock was set by a second or more beside the monotonic clock, by direction.")
        exposition.counter(Double(counts.ahead), [("direction", "ahead")])
        exposition.counter(Double(counts.back), [("direction", "back")])
        exposition.family(
            "faultline_clock_jump_seconds", .gauge, unit: "seconds",
            help: "By how much the wall clock was set the last time; negative where it was set back, 0 if it never was."
        )
        exposition.gauge(counts.lastStep)
        exposition.family(
            "faultline_evaluation_stalls", .counter,
            help: "Times the process stood still for 30 s or longer: no rule was evaluated for that time.")
        exposition.counter(Double(counts.stalls))
        exposition.family(
            "faultline_clock_affected", .gauge,
            help: "Whether the clock jumped or the process stood still, and no rule was evaluated since.")
        exposition.gauge(counts.isAffected ? 1 : 0)
    }
}
