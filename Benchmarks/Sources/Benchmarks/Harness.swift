import Foundation
import Glibc

/// Times variants alternately, A B C A B C …, so that a machine that slows down affects all of them. Only the ratios
/// count; absolute times vary with the machine.
struct Harness {
    struct Variant {
        var name: String
        var run: () -> Void
    }

    struct Result {
        var name: String
        /// The median CPU seconds of a run.
        var seconds: Double
    }

    let rounds: Int

    init(rounds: Int = 5) {
        self.rounds = rounds
    }

    /// The medians of the variants, after one warm-up run of each.
    func measure(_ variants: [Variant]) -> [Result] {
        var times = variants.map { _ in [Double]() }
        for round in 0...rounds {
            for (index, variant) in variants.enumerated() {
                let start = Self.cpuSeconds()
                variant.run()
                let spent = Self.cpuSeconds() - start
                if round > 0 { times[index].append(spent) }
            }
        }
        return zip(variants, times).map { Result(name: $0.name, seconds: $1.sorted()[$1.count / 2]) }
    }

    /// CPU time of this process, user and system.
    static func cpuSeconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// A table of results, with ratios to one of them.
struct ResultTable {
    let title: String
    /// Number of items that one run processes.
    let items: Int
    let bytes: Int

    init(_ title: String, items: Int, bytes: Int = 0) {
        self.title = title
        self.items = items
        self.bytes = bytes
    }

    func print(_ results: [Harness.Result], against baseline: Int) {
        Swift.print("\n\(title)")
        for result in results {
            let perItem = result.seconds / Double(items) * 1e9
            let ratio = results[baseline].seconds / result.seconds
            var line = "  " + result.name.padded(to: 44) + number(perItem, 1).padded(leftTo: 9) + " ns/span"
            if bytes > 0 { line += number(Double(bytes) / result.seconds / 1e6, 0).padded(leftTo: 8) + " MB/s" }
            line += number(ratio, 2).padded(leftTo: 9) + " × \(results[baseline].name)"
            Swift.print(line)
        }
    }
}

func number(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (value * scale).rounded()
    let whole = Int(scaled / scale)
    guard digits > 0 else { return "\(whole)" }
    let fraction = "\(Int(scaled) - whole * Int(scale))"
    return "\(whole).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    func padded(leftTo width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}

/// Elapsed time and CPU time of all threads, in seconds.
struct ProcessTime {
    var elapsed: Double
    var cpu: Double

    /// Measures a body in this process.
    static func ofThis(_ body: () -> Void) -> ProcessTime {
        let start = ContinuousClock.now
        let before = Harness.cpuSeconds()
        body()
        return ProcessTime(elapsed: (ContinuousClock.now - start) / .seconds(1), cpu: Harness.cpuSeconds() - before)
    }

    /// Measures another process from start to end; its output is discarded.
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
