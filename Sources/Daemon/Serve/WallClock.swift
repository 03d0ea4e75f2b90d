// Both declare timespec; the one that the compiler read first owns it.
import CDispatch
import Engine
import Glibc
import Support

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
