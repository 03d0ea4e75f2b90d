import Foundation

/// What the kernel says about this process. What can't be read is left out.
///
/// Source: proc(5).
package struct ProcessMetrics {
    package var cpuSeconds: Double?
    package var residentBytes: Double?
    var virtualBytes: Double?
    package var threads: Double?
    /// Unix seconds.
    package var startTime: Double?
    var openDescriptors: Double?
    var descriptorLimit: Double?

    package init() {
        readStat()
        openDescriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))
            .map { Double($0.count) }
        descriptorLimit = Self.lines("/proc/self/limits")
            .first { $0.hasPrefix("Max open files") }
            .flatMap { $0.split(separator: " ").dropFirst(3).first }
            .flatMap { Double($0) }
    }

    package func write(to exposition: inout Exposition) {
        if let cpuSeconds {
            exposition.family("process_cpu_seconds", .counter, unit: "seconds", help: "CPU time used, user and system.")
            exposition.counter(cpuSeconds)
        }
        gauge("process_resident_memory_bytes", residentBytes, "bytes", "Resident memory.", &exposition)
        gauge("process_virtual_memory_bytes", virtualBytes, "bytes", "Virtual memory.", &exposition)
        gauge("process_start_time_seconds", startTime, "seconds", "When the process began, Unix time.", &exposition)
        gauge("process_open_fds", openDescriptors, nil, "Open file descriptors.", &exposition)
        gauge("process_max_fds", descriptorLimit, nil, "File descriptors that may be open.", &exposition)
        gauge("process_threads", threads, nil, "Threads.", &exposition)
    }

    private func gauge(
        _ name: String, _ value: Double?, _ unit: String?, _ help: String, _ exposition: inout Exposition
    ) {
        guard let value else { return }
        exposition.family(name, .gauge, unit: unit, help: help)
        exposition.gauge(value)
    }

    private mutating func readStat() {
        // The command's name is in parentheses and may hold spaces: count fields behind it.
        guard let line = Self.lines("/proc/self/stat").first, let close = line.lastIndex(of: ")") else { return }
        let fields = line[line.index(after: close)...].split(separator: " ").map { Double($0) ?? 0 }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        guard fields.count > 21, ticks > 0 else { return }
        cpuSeconds = (fields[11] + fields[12]) / ticks
        threads = fields[17]
        virtualBytes = fields[20]
        residentBytes = fields[21] * Double(sysconf(Int32(_SC_PAGESIZE)))
        let boot = Self.lines("/proc/stat").first { $0.hasPrefix("btime ") }
            .flatMap { Double($0.dropFirst(6)) }
        startTime = boot.map { $0 + fields[19] / ticks }
    }

    private static func lines(_ path: String) -> [Substring] {
        guard let contents = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return contents.split(separator: "\n")
    }
}
