// Both declare timespec; the one that the compiler read first owns it.
import CDispatch
import Engine
import Glibc
import Support
import Synchronization

/// The clocks that the daemon goes by; tests have some of their own.
struct DaemonClock: Sendable {
    /// The time of day, Unix nanoseconds. It may be set.
    var wall: @Sendable () -> Int64
    /// Nanoseconds since some moment. It can't be set.
    var monotonic: @Sendable () -> Int64

    static let system = DaemonClock(wall: { WallClock.now }, monotonic: { WallClock.monotonic })
}

/// The time of day, and the clock that nobody sets.
enum WallClock {
    /// Unix nanoseconds; a clock beyond what times may be stands still there.
    static var now: Int64 { read(CLOCK_REALTIME) }

    /// Nanoseconds since the machine was started, without the time in which it slept.
    static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return TimeLimits.nearestTime(
            Int64(time.tv_sec).multipliedSaturating(by: 1_000_000_000).addingSaturating(Int64(time.tv_nsec)))
    }
}

/// Notices that the clock was set, by how it goes on beside one that can't be set, and that the process stood still.
struct ClockWatch: Sendable {
    enum Finding: Equatable {
        case steady
        /// The clock was set by so much, nanoseconds, ahead or back: too little to matter.
        case nudge(Int64)
        /// The clock was set by so much, back also in small steps since the last jump: what it said before and what it says now
        /// are of two times.
        case jump(Int64)
        /// Nothing was done for so long, nanoseconds: the process was stopped, or the machine was.
        case stall(Int64)
    }

    /// Set by less, a clock is being corrected as time servers do it: in steps between two looks that nobody notices.
    static let nudgeMin: Int64 = 1_000_000_000
    /// Evaluation waits for so long where the clock is set back, and does the work of so long at once where it is ahead.
    static let jumpMin: Int64 = 10_000_000_000
    /// Looks are a quarter of a second apart. What is evaluated when a process goes on after longer than this lacks the spans
    /// that wait in its sockets.
    static let stallMin: Int64 = 30_000_000_000

    /// The wall clock's lead over the monotonic one at the last look. Both are slewed alike: only steps change it.
    private var lead: Int64?
    /// The most it was since the last jump: steps back add up, and evaluation waits for their sum.
    private var mostLead: Int64 = 0
    /// When the work of the last look ended, by the monotonic clock.
    private var restedAt: Int64 = 0

    /// Takes in a look at both clocks, nanoseconds.
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

    /// The work that followed a look has ended: however long it took, that was no standstill.
    mutating func rest(at monotonic: Int64) { restedAt = monotonic }
}

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
