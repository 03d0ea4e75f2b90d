import Engine
import TestSupport
import Testing

@testable import Traces

@Suite final class `Traces that stand out` {
    private static let minute: Int64 = 60_000_000_000
    private let notable = NotableTraces()
    private var window = Window(limits: WindowLimits())
    private var builder = BatchBuilder()

    /// Receives a request; its trace has the next number.
    private func receive(
        _ method: String = "GET", minute: Int64, milliseconds: Int64, isError: Bool = false, watches: Bool = false
    ) {
        let target = "/api/v1/namespaces/a/pods" + (watches ? "?watch=true" : "/b")
        builder.addRequest(
            method: method, target: target, end: minute * Self.minute, duration: milliseconds * 1_000_000,
            isError: isError)
        _ = window.append(builder.batch, arrival: minute * Self.minute, evaluatedUpTo: .min)
        builder.batch.removeAll()
    }

    private func traces(isCrowded: Bool = false) -> [UInt64] {
        notable.update(window.view(), isCrowded: isCrowded).map(\.low).sorted()
    }

    @Test func `are the slowest of each kind and the last that failed, of each five minutes`() {
        receive(minute: 10, milliseconds: 5)
        receive(minute: 11, milliseconds: 7)
        receive("PUT", minute: 11, milliseconds: 1)
        receive(minute: 12, milliseconds: 6, isError: true)
        #expect(traces() == [2, 3, 4])
        receive(minute: 13, milliseconds: 1, isError: true)
        receive(minute: 14, milliseconds: 8)
        receive(minute: 15, milliseconds: 2)
        #expect(traces() == [3, 5, 6, 7])
        #expect(traces() == [3, 5, 6, 7])
    }

    @Test func `are no watches`() {
        receive(minute: 10, milliseconds: 60_000, watches: true)
        #expect(traces() == [])
    }

    @Test func `leave with the window, or the oldest first where there is no room`() {
        for minute: Int64 in [10, 20, 30, 40] { receive(minute: minute, milliseconds: 1) }
        #expect(traces() == [1, 2, 3, 4])
        #expect(traces(isCrowded: true) == [2, 3, 4])
        receive(minute: 87, milliseconds: 1)
        #expect(traces() == [3, 4, 5])
        for _ in 0..<5 { _ = traces(isCrowded: true) }
        #expect(traces() == [5])
    }
}
