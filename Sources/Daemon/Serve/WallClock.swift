// Both declare timespec; the one that the compiler read first owns it.
import CDispatch
import Glibc

/// The time of day.
enum WallClock {
    /// Unix nanoseconds.
    static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
