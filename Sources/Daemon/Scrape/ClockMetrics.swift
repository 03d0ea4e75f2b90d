import Scrape

/// What the scrape says of the clock by which rules are evaluated.
enum ClockMetrics {
    static let table = MetricTable<ClockHealth.Counts>([
        .family(
            "faultline_clock_jumps", .counter, labels: ["direction"],
            help: "Times the wall clock was set by a second or more beside the monotonic clock, by direction."
        ) { counts, exposition in
            exposition.sample(Double(counts.ahead), ["ahead"])
            exposition.sample(Double(counts.back), ["back"])
        },
        .family(
            "faultline_clock_jump_seconds", .gauge, unit: "seconds",
            help: "By how much the wall clock was set the last time; negative where it was set back, 0 if it never was."
        ) { $1.sample($0.lastStep) },
        .counter(
            "faultline_evaluation_stalls",
            help: "Times the process stood still for 30 s or longer: no rule was evaluated for that time."
        ) { $0.stalls },
        .flag(
            "faultline_clock_affected",
            help: "Whether the clock jumped or the process stood still, and no rule was evaluated since."
        ) { $0.isAffected },
    ])
}
