import Engine
import Foundation
import TestSupport

/// A window that spans of many operations come to at a steady rate.
struct EvaluationSpans: ~Copyable {
    static let services = 20

    private var window = Window(limits: WindowLimits(duration: nil, bytesMax: 4 << 30))
    private var random = SeededGenerator(seed: 3)
    private var batch = SpanBatch(capacity: 10_000)
    private var nextID: UInt64 = 1
    private var filledSeconds = 0
    private let operations: Int
    private let rate: Int

    private static let start: Int64 = 1_767_225_600_000_000_000

    init(operations: Int, rate: Int) {
        self.operations = operations
        self.rate = rate
    }

    static func service(_ number: Int) -> String { "service-\(number)" }

    /// Unix nanoseconds.
    var now: Int64 { Self.start + Int64(filledSeconds) * 1_000_000_000 }

    var view: WindowView { window.view() }

    /// Lets time go on until there are spans of so many seconds.
    mutating func fill(seconds: Int) {
        if seconds > filledSeconds { advance(seconds: (seconds - filledSeconds + 14) / 15 * 15) }
    }

    mutating func advance(seconds: Int) {
        for _ in 0..<seconds {
            batch.removeAll()
            let numbers = (0..<operations).map { operation in
                let service = Array(Self.service(operation % Self.services).utf8)
                let name = Array("operation-\(operation)".utf8)
                let number = unsafe batch.service(service.span.bytes)
                return unsafe batch.operation(service: number, name: name.span.bytes, kind: .server)
            }
            for place in 0..<rate { append(numbers, end: now + Int64(place) * 1_000_000_000 / Int64(rate)) }
            _ = window.append(batch, arrival: now + 1_000_000_000, evaluatedUpTo: .min)
            filledSeconds += 1
        }
    }

    /// Latencies of about 2 ms, spread over three orders of magnitude.
    private mutating func append(_ numbers: [UInt16], end: Int64) {
        let octave = (0..<6).reduce(0.0) { sum, _ in sum + Double.random(in: 0..<2, using: &random) }
        let duration = Int64(31_250 * exp2(octave))
        let operation = numbers[Int(UInt64.random(in: 0..<UInt64(numbers.count), using: &random))]
        batch.append(
            SpanRow(
                traceHigh: 1, traceLow: nextID, spanID: nextID, parentID: 0, start: end - duration, duration: duration,
                operation: operation, request: 0,
                flags: SpanFlags(isError: UInt64.random(in: 0..<100, using: &random) == 0)))
        nextID += 1
    }
}

/// A number with a comma between thousands.
func grouped(_ number: Int) -> String {
    number < 1_000 ? "\(number)" : grouped(number / 1_000) + "," + "\(1_000 + number % 1_000)".dropFirst()
}
