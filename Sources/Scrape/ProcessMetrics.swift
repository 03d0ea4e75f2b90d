import Foundation

/// The kernel's figures for this process. What can't be read is omitted.
///
/// Source: proc(5).
package struct ProcessMetrics: Sendable {
    private var cpuSeconds: Double?
    private var residentBytes: Double?
    var virtualBytes: Double?
    private var threads: Double?
    /// Unix seconds.
    package private(set) var startTime: Double?
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

    package static let table = MetricTable<ProcessMetrics>([
        .optional(
            "process_cpu_seconds", .counter, unit: "seconds", help: "CPU time used, user and system.", if: condition
        ) { $0.cpuSeconds },
        .optional(
            "process_resident_memory_bytes", .gauge, unit: "bytes", help: "Resident memory.", if: condition
        ) { $0.residentBytes },
        .optional(
            "process_virtual_memory_bytes", .gauge, unit: "bytes", help: "Virtual memory.", if: condition
        ) { $0.virtualBytes },
        .optional(
            "process_start_time_seconds", .gauge, unit: "seconds", help: "Start of the process, Unix time.",
            if: condition
        ) { $0.startTime },
        .optional("process_open_fds", .gauge, help: "Open file descriptors.", if: condition) { $0.openDescriptors },
        .optional("process_max_fds", .gauge, help: "Limit of open file descriptors.", if: condition) {
            $0.descriptorLimit
        },
        .optional("process_threads", .gauge, help: "Threads.", if: condition) { $0.threads },
    ])

    private static let condition = "`/proc` can be read"

    private mutating func readStat() {
        // The command name is in parentheses and may contain spaces: count fields after it.
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
