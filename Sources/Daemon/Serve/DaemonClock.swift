/// The clocks that the daemon goes by; tests have some of their own.
struct DaemonClock: Sendable {
    /// The time of day, Unix nanoseconds. It may be set.
    var wall: @Sendable () -> Int64
    /// Nanoseconds since some moment. It can't be set.
    var monotonic: @Sendable () -> Int64

    static let system = DaemonClock(wall: { WallClock.now }, monotonic: { WallClock.monotonic })
}
