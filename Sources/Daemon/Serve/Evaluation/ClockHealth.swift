import Scrape
import Synchronization

/// What became of the clock, for the scrape and for the readiness.
final class ClockHealth: Sendable {
    struct Counts: Equatable {
        var ahead = 0
        var back = 0
        var stalls = 0
        /// The last step, seconds; negative for one back.
        var lastStep = 0.0
        /// From a jump until rules are evaluated again.
        var isAffected = false
    }

    private let counts = Mutex(Counts())

    var current: Counts { counts.withLock { $0 } }

    func change(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }
}

extension ClockHealth {
    static let metrics = MetricTable<Counts>([
        .family(
            "faultline_clock_jumps", .counter, labels: ["direction"],
            help: "Times the wall clock was set by a second or more, by direction."
        ) { counts, exposition in
            exposition.sample(Double(counts.ahead), ["ahead"])
            exposition.sample(Double(counts.back), ["back"])
        },
        .family(
            "faultline_clock_jump_seconds", .gauge, unit: "seconds",
            help: "Last step of the wall clock; negative if it was set back, 0 if it was never set."
        ) { $1.sample($0.lastStep) },
        .counter(
            "faultline_evaluation_stalls",
            help: "Times the process was stopped for 30 s or longer; rules are not evaluated for that time."
        ) { $0.stalls },
        .flag(
            "faultline_clock_affected",
            help: "Whether the clock jumped or the process was stopped, and no rule has been evaluated since."
        ) { $0.isAffected },
    ])
}
