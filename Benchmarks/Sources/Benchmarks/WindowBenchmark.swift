import Engine
import Foundation
import Glibc
import TestSupport

/// How long the window's lock is held to append a batch, and to take a view of a window of ten million spans. Readers
/// do everything else without the lock.
enum LockBenchmark {
    private static let spanCount = 10_000_000

    static func run() {
        var window = Window(limits: WindowLimits(duration: nil, bytesMax: 4 << 30))
        var appends: [Double] = []
        var views: [Double] = []
        var nextID: UInt64 = 1
        for number in 0..<spanCount / 512 {
            let batch = makeBatch(number, &nextID)
            appends.append(seconds { _ = window.append(batch, arrival: .max - 1_000_000_000_000, evaluatedUpTo: .min) })
            if number % 500 == 0 { views.append(seconds { _ = window.view() }) }
        }
        print("\nLock: \(spanCount / 1_000_000) million spans, batches of 512")
        report("append a batch", appends)
        report("take a view", views)
    }

    private static func makeBatch(_ number: Int, _ nextID: inout UInt64) -> SpanBatch {
        var batch = SpanBatch()
        let name = Array("operation-\(number % 100)".utf8)
        let service = batch.service(RawSpan())
        let source = batch.source(cluster: RawSpan(), service: RawSpan(), instance: RawSpan())
        let operation = unsafe batch.operation(service: service, name: name.span.bytes, kind: .internal)
        // Two hundred batches a second.
        let start = 1_767_225_600_000_000_000 + Int64(number) * 5_000_000
        for _ in 0..<512 {
            batch.append(
                SpanRow(
                    traceHigh: 1, traceLow: nextID, spanID: nextID, parentID: 0, start: start, duration: 1_000_000,
                    operation: operation, request: 0, source: source, flags: SpanFlags()))
            nextID += 1
        }
        return batch
    }

    private static func seconds(_ body: () -> Void) -> Double {
        let start = Harness.cpuSeconds()
        body()
        return Harness.cpuSeconds() - start
    }

    private static func report(_ what: String, _ times: [Double]) {
        let sorted = times.sorted()
        let median = number(sorted[sorted.count / 2] * 1e6, 1)
        let high = number(sorted[sorted.count * 999 / 1000] * 1e6, 1)
        let longest = number((sorted.last ?? 0) * 1e6, 1)
        print("  \(what.padded(to: 16)) median \(median) µs, p99.9 \(high) µs, longest \(longest) µs")
    }
}

/// The memory of ten million spans of a real API server and etcd: a recording repeated with new ids and later times,
/// decoded and appended as in the daemon.
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
