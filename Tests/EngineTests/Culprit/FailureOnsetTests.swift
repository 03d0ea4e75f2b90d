import TestSupport
import Testing

@testable import Engine

/// 2026-01-01T00:00:00Z
private let base: Int64 = 1_767_225_600 * second

@Suite struct `The time at which failures began` {
    /// In seconds, of slots of five seconds with a hundred spans each.
    private func onset(failed: [Int]) -> Int64? {
        let slots = failed.enumerated().map {
            FailureOnset.Outcomes(start: base + Int64($0) * 5 * second, count: 100, failed: $1)
        }
        return FailureOnset.first(in: slots).map { ($0 - base) / second }
    }

    @Test func `is that of the slot from which on more fail`() {
        #expect(onset(failed: [0, 0, 0, 0, 30, 40]) == 20)
        #expect(onset(failed: [2, 0, 1, 3, 2, 1, 20, 30, 20]) == 30)
        // It began near the end of the sixth.
        #expect(onset(failed: [0, 0, 0, 0, 0, 5, 60, 60]) == 30)
    }

    @Test func `is unknown where failures are as frequent as ever, or too few to tell`() {
        #expect(onset(failed: []) == nil)
        #expect(onset(failed: [0, 0, 0, 0]) == nil)
        #expect(onset(failed: [30, 35, 28, 31, 30]) == nil)
        #expect(onset(failed: [100, 100, 100]) == nil)
        #expect(onset(failed: [0, 0, 1, 0, 1]) == nil)
        #expect(onset(failed: [50, 60, 0, 0]) == nil)
    }

    @Test func `is found among the spans of a window, by series`() throws {
        var window = Window(limits: WindowLimits(duration: nil))
        var builder = BatchBuilder()
        for number in 0..<Int64(300 * 4) {
            let end = base + number * second / 4
            builder.add(
                operation: "etcdserverpb.KV/Txn", kind: .client, end: end, isError: number >= 200 * 4 && number % 3 == 0
            )
            builder.add(operation: "HTTP POST", kind: .client, end: end, isError: number % 3 == 0)
        }
        _ = window.append(builder.batch, arrival: base + 300 * second, evaluatedUpTo: .min)
        let view = window.view()
        let comparison = Comparison(
            interval: base + 270 * second..<base + 300 * second, baseline: base..<base + 240 * second)
        let onsets = view.operations.indices.map { number in
            view.onsetOfFailures(of: [Int32(number)], .spans, in: comparison).map { ($0 - base) / second }
        }
        // The first number is that of operations without a place of their own.
        #expect(onsets == [nil, 200, nil])
    }
}
