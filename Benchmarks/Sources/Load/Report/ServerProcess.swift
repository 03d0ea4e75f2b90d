import Glibc

/// The CPU time of another process, user and system, all its threads, in nanoseconds.
struct ServerProcess {
    private let clock: clockid_t

    /// nil where there is no such process.
    init?(id: Int32) {
        var clock = clockid_t()
        guard unsafe clock_getcpuclockid(id, &clock) == 0 else { return nil }
        self.clock = clock
    }

    var cpuNanoseconds: Int64 { Self.read(clock) }

    static var ownCPUNanoseconds: Int64 { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
