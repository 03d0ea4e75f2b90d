import CDispatch
import Engine
import Glibc
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
