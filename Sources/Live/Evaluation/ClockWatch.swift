import Engine
package import Scrape
import Support
import Synchronization

/// Detects that the wall clock was set, by comparing it with the monotonic one, and that the process was stopped.
struct ClockWatch: Sendable {
    enum Finding: Equatable {
        case steady
        /// The clock was set by this many nanoseconds, forward or back: too little to matter.
        case nudge(Int64)
        /// The clock was set by this many nanoseconds, forward or back, possibly in several small steps back since the
        /// last jump. Times before and after are not comparable.
        case jump(Int64)
        /// Nothing ran for this many nanoseconds: the process or the machine was stopped.
        case stall(Int64)
    }

    /// Smaller steps are a time server's normal corrections.
    static let nudgeMin: Int64 = 1_000_000_000
    /// After a step back, evaluation would pause for that long; after a step forward, it would do that much work at
    /// once.
    static let jumpMin: Int64 = 10_000_000_000
    /// The clock is read every quarter of a second. After a longer pause, spans wait in the sockets that an evaluation
    /// would miss.
    static let stallMin: Int64 = 30_000_000_000

    /// Wall clock minus monotonic clock at the last reading. Both are slewed alike, so only steps change the
    /// difference.
    private var lead: Int64?
    /// The maximum of `lead` since the last jump. Steps back add up, and evaluation would wait for their sum.
    private var mostLead: Int64 = 0
    /// When the work after the last reading ended, by the monotonic clock.
    private var restedAt: Int64 = 0

    /// Compares readings of both clocks, in nanoseconds.
    mutating func look(wall: Int64, monotonic: Int64) -> Finding {
        let now = wall.subtractingSaturating(monotonic)
        defer { lead = now }
        guard let lead else {
            mostLead = now
            return .steady
        }
        let step = now.subtractingSaturating(lead)
        mostLead = max(mostLead, now)
        let back = now.subtractingSaturating(mostLead)
        if step >= Self.jumpMin || back <= -Self.jumpMin {
            mostLead = now
            return .jump(back < 0 ? back : step)
        }
        let pause = monotonic.subtractingSaturating(restedAt)
        if pause >= Self.stallMin { return .stall(pause) }
        return step.magnitude >= Self.nudgeMin.magnitude ? .nudge(step) : .steady
    }

    /// Call this when the work after a reading has ended, so that its duration doesn't count as a stall.
    mutating func rest(at monotonic: Int64) { restedAt = monotonic }
}

/// What happened to the clock, for the scrape and for the readiness.
package final class ClockHealth: Sendable {
    package struct Counts: Equatable {
        var ahead = 0
        var back = 0
        var stalls = 0
        /// The last step, seconds; negative for one back.
        var lastStep = 0.0
        /// From a jump until rules are evaluated again.
        package var isAffected = false
    }

    private let counts = Mutex(Counts())

    package init() {}

    package var current: Counts { counts.withLock { $0 } }

    func change(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }
}

extension ClockHealth {
    package static let metrics = MetricTable<Counts>([
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
