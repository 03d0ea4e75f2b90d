import Engine
import Foundation
import Pipeline
import Replay
import Report
import Rules
import Testing
import TestSupport

/// The report on spans without recorded arrivals depends only on the spans.
@Suite struct `A replay by event time` {
    private static let start: UInt64 = 1_767_225_600_000_000_000

    /// Spans of many random traces over minutes, some of them seconds long; some are repeated, some differ only in
    /// their contents or in who sent them.
    private static func spans(_ generator: inout SeededGenerator) -> [ReferenceSpan] {
        var traces = RandomTraces(seed: generator.next())
        return (0..<30).flatMap { number -> [ReferenceSpan] in
            let offset = start + UInt64.random(in: 0..<120_000_000_000, using: &generator)
            let scale = UInt64.random(in: 1...50_000_000, using: &generator)
            return traces.next().flatMap { span in
                var span = span.withSource(Int.random(in: 0..<64, using: &generator))
                span.traceID[0] = UInt8(number)
                (span.start, span.end) = (offset + span.start * scale, offset + span.end * scale)
                let isRepeated = Int.random(in: 0..<8, using: &generator) == 0
                return isRepeated ? [span, span.withSource(Int.random(in: 0..<64, using: &generator))] : [span]
            }
        }
    }

    /// An archive with records of a given size; concatenated messages are one message.
    private static func archive(_ spans: [ReferenceSpan], recordSize: Int) -> [UInt8] {
        stride(from: 0, to: spans.count, by: recordSize).flatMap { first in
            let record = spans[first..<min(first + recordSize, spans.count)].flatMap(\.record)
            return (0..<4).map { UInt8(truncatingIfNeeded: record.count >> (24 - 8 * $0)) } + record
        }
    }

    private static let rules = """
        groups:
          - name: g
            interval: 5s
            rules:
              - alert: Slow
                select: {service: apiserver}
                when: p99 > 10ms
                over: 20s
                by: [service, operation]
              - alert: Requests
                select: {verb: get}
                when: share(etcd) > 1% or count > 3
                over: 30s
        """

    private static func report(
        _ archives: [[UInt8]], memory: Int = Replay.defaultMemory, bytesMax: Int = 1 << 30
    ) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("replay-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let names = try archives.enumerated().map { number, bytes in
            let file = folder.appendingPathComponent("\(number)")
            try Data(bytes).write(to: file)
            return file.path
        }
        let file = try RuleFile(rules, file: "rules.yaml", maximumWindow: 3_600_000_000_000)
        let replay = try Replay(names, endingIn: .min..<(.max), memory: memory) {
            Pipeline(
                rules: RuleEvaluator(file.groups), limits: WindowLimits(duration: nil, bytesMax: bytesMax))
        }
        while replay.step() {}
        #expect(replay.problems.isEmpty && replay.failure == nil)
        let alerts = FiredAlerts(replay.transitions, active: replay.pipeline.evaluation.numberedAlerts).all
        return try Report(replay.pipeline.attributedSummary(), alerts: alerts.map { AlertJSON($0) }).json
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `gives the same report for any order, any cut and any number of files`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let spans = Self.spans(&generator)
        let inOrder = spans.sorted { $0.end < $1.end }
        let expected = try Self.report([Self.archive(inOrder, recordSize: 20)])
        #expect(expected.contains("Slow"))
        let shuffled = spans.shuffled(using: &generator)
        let third = spans.count / 3
        let orders = [
            [Self.archive(inOrder, recordSize: 1)], [Self.archive(inOrder.reversed(), recordSize: 7)],
            [Self.archive(shuffled, recordSize: 1)], [Self.archive(shuffled, recordSize: spans.count)],
            [
                Self.archive(Array(shuffled[..<third]), recordSize: 5),
                Self.archive(Array(shuffled[(2 * third)...]), recordSize: 50),
                Self.archive(Array(shuffled[third..<(2 * third)]), recordSize: 1),
            ],
            inOrder.map { Self.archive([$0], recordSize: 1) },
        ]
        for (number, archives) in orders.enumerated() {
            let report = try Self.report(archives)
            #expect(report == expected, "seed \(seed), order \(number)")
        }
    }

    @Test(arguments: [1, 5_000, 100_000])
    func `gives the same report with memory for only a few spans`(memory: Int) throws {
        var generator = SeededGenerator(seed: 77)
        let spans = Self.spans(&generator)
        let expected = try Self.report([Self.archive(spans, recordSize: 10)])
        for order in [spans, spans.sorted { $0.end < $1.end }, spans.shuffled(using: &generator)] {
            #expect(try Self.report([Self.archive(order, recordSize: 10)], memory: memory) == expected)
        }
    }

    @Test func `gives the same report if most spans leave a small window`() throws {
        var generator = SeededGenerator(seed: 5)
        let spans = Self.spans(&generator)
        let expected = try Self.report([Self.archive(spans, recordSize: 10)], bytesMax: 30_000)
        let reversed = Self.archive(spans.sorted { $0.end > $1.end }, recordSize: 300)
        #expect(try Self.report([reversed], bytesMax: 30_000) == expected)
    }
}
