// Both modules declare timespec; whichever the compiler reads first owns it.
import CDispatch
import Engine
import Glibc
import Support

/// The daemon's clocks, replaceable in tests.
struct DaemonClock: Sendable {
    /// The time of day in Unix nanoseconds. It may be set.
    var wall: @Sendable () -> Int64
    /// Nanoseconds since some fixed moment. It can't be set.
    var monotonic: @Sendable () -> Int64

    static let system = DaemonClock(wall: { WallClock.now }, monotonic: { WallClock.monotonic })
}

/// The system's time of day and monotonic clock.
package enum WallClock {
    /// Unix nanoseconds, clamped to valid times.
    package static var now: Int64 { read(CLOCK_REALTIME) }

    /// Seconds since the epoch.
    package static var seconds: Int { Int(now / 1_000_000_000) }

    /// Nanoseconds since boot, not counting suspend.
    static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return TimeLimits.nearestTime(
            Int64(time.tv_sec).multipliedSaturating(by: 1_000_000_000).addingSaturating(Int64(time.tv_nsec)))
    }
}
