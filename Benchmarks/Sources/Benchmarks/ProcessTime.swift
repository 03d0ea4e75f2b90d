import Foundation

/// How long something took, by the clock and of all processors together.
struct ProcessTime {
    var elapsed: Double
    var cpu: Double

    /// Of what this process does in a body.
    static func ofThis(_ body: () -> Void) -> ProcessTime {
        let start = ContinuousClock.now
        let before = Harness.cpuSeconds()
        body()
        return ProcessTime(elapsed: (ContinuousClock.now - start) / .seconds(1), cpu: Harness.cpuSeconds() - before)
    }

    /// Of another process, from its start to its end; what it prints is thrown away.
    static func of(_ binary: String, _ arguments: [String]) -> ProcessTime {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        let words = unsafe ([binary] + arguments).map { unsafe strdup($0) }
        defer { unsafe words.forEach { unsafe free($0) } }

        let start = ContinuousClock.now
        var process: pid_t = 0
        var status: Int32 = 0
        var usage = rusage()
        unsafe precondition(posix_spawn(&process, binary, &actions, nil, words + [nil], environ) == 0, "no \(binary)")
        unsafe precondition(wait4(process, &status, 0, &usage) == process && status == 0, "\(arguments) failed")
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return ProcessTime(elapsed: elapsed, cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime))
    }
}
