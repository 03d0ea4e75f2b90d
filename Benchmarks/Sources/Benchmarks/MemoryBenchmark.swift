import Engine
import Foundation
import TestSupport

/// What ten million spans of a real API server and etcd take in memory: a recording over and over, each time with new
/// ids and later times, decoded and appended as the daemon does.
enum MemoryBenchmark {
    private static let spanCount = 10_000_000

    static func run() throws {
        var requests = try Workload.capture().bodies.map { RenewableRequest($0) }
        var window = Window(limits: WindowLimits(duration: nil, bytesMax: 4 << 30))
        var batch = SpanBatch()
        var random = SeededGenerator(seed: 5)
        print("\nMemory: before, \(residentMemory())")
        var length: UInt64 = 0
        while window.spanCount < spanCount {
            let identity = random.next()
            for index in requests.indices where window.spanCount < spanCount {
                requests[index].renew(identity: identity, shift: length)
                DecodeBenchmark.decode(requests[index].body, into: &batch)
                _ = window.append(batch, arrival: .max - 1_000_000_000_000, evaluatedUpTo: .min)
            }
            if length == 0 { length = UInt64(window.totals.lastEnd - window.totals.firstStart) }
        }
        let bytesPerSpan = Double(window.byteCount) / Double(window.spanCount)
        print("  \(window.spanCount) spans, \(number(bytesPerSpan, 1)) B each in the window: \(residentMemory())")
    }

    /// `VmRSS` and `VmHWM` of this process.
    private static func residentMemory() -> String {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        return status.split(separator: "\n").filter { $0.hasPrefix("VmRSS") || $0.hasPrefix("VmHWM") }
            .map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }.sorted().joined(separator: ", ")
    }
}
