import Archive
import Engine
import Foundation
import Pipeline
import Replay
import Rules
import TestSupport
import Testing

@Suite struct `A replay` {
    private let start: UInt64 = 1_767_225_600_000_000_000

    private func span(_ number: Int, at second: UInt64) -> WireSpanExample {
        WireSpanExample {
            $0.spanID = [1, 1, 1, 1, 1, 1, UInt8(number >> 8), UInt8(number & 255)]
            $0.start = start + second * 1_000_000_000
            $0.end = $0.start + 1_000_000
        }
    }

    /// Writes each list of records to an archive, and replays them.
    private func replay(_ archives: [[[WireSpanExample]]], rules: String = "groups: []\n") throws -> (Pipeline, Replay)
    {
        let files = archives.map { records in
            records.map { WireSpanExample.request($0) }.flatMap { record in
                (0..<4).map { UInt8(truncatingIfNeeded: record.count >> (24 - 8 * $0)) } + record
            }
        }
        return try replay(files: files, rules: rules)
    }

    private func replay(
        files: [[UInt8]], rules: String, memory: Int = Replay.defaultMemory
    ) throws -> (Pipeline, Replay) {
        var names: [String] = []
        defer { for name in names { try? FileManager.default.removeItem(atPath: name) } }
        for bytes in files {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("replay-\(UUID().uuidString)")
            try Data(bytes).write(to: file)
            names.append(file.path)
        }
        let file = try RuleFile(rules, file: "rules.yaml", maximumWindow: 3_600_000_000_000)
        let replay = try Replay(names, endingIn: .min..<(.max), memory: memory) {
            Pipeline(rules: RuleEvaluator(file.groups), limits: WindowLimits(duration: nil))
        }
        while replay.step() {}
        #expect(replay.problems.isEmpty)
        return (replay.pipeline, replay)
    }

    private let slow = """
        groups:
          - name: g
            interval: 5s
            rules:
              - alert: Many
                select: {service: apiserver}
                when: count >= 10 and max > 1us
                over: 10s
        """

    @Test func `takes a span from the far future last, without affecting the others`() throws {
        var record = (0..<20).map { span($0, at: 1) }
        record[7].start = start + 50 * 365 * 86_400 * 1_000_000_000
        record[7].end = record[7].start + 1_000_000
        let (pipeline, replay) = try replay([[record, (20..<40).map { span($0, at: 20) }]], rules: slow)
        let counts = pipeline.summary().counts
        #expect(counts.accepted == 40)
        #expect(counts.late == 0)
        #expect(FiredAlerts(replay.transitions).all.map(\.name) == ["Many"])
    }

    @Test func `skips a gap of years without evaluating every second`() throws {
        let years: UInt64 = 20 * 365 * 86_400
        let (pipeline, replay) = try replay(
            [[(0..<20).map { span($0, at: 1) }, (20..<40).map { span($0, at: years) }]], rules: slow)
        #expect(pipeline.summary().counts.accepted == 40)
        // No data neither fires nor resolves: the alert from before the gap is the same after it.
        #expect(FiredAlerts(replay.transitions).all.count == 1)
    }

    @Test func `merges archives by the time of their records`() throws {
        let (pipeline, _) = try replay([
            [[span(1, at: 0)], [span(2, at: 60)], [span(3, at: 120)]],
            [[span(4, at: 30)], [span(5, at: 90)]],
        ])
        let counts = pipeline.summary().counts
        #expect(counts.accepted == 5)
        #expect(counts.late == 0)
    }

    /// More archives than are open at a time, and fewer.
    @Test(arguments: [2, 20])
    func `merges files of one recording in the order of events, whatever their times`(fileCount: Int) throws {
        let second: Int64 = 1_000_000_000
        let first = Int64(start) + 20 * second
        let files = (0..<fileCount).map { number in
            let clock = first + Int64(number) * 5 * second
            var writer = ArchiveWriter(
                RecordingStart(
                    recording: RecordingID(low: 1, high: 2), time: clock, firstSequence: 2 * UInt64(number)))
            writer.append(clock: clock, sequence: 2 * UInt64(number))
            // Arrives just after the start of the next file, and is there when that is evaluated.
            let span = span(number, at: UInt64(5 * number + 12))
            let ends = Int64(span.end)...Int64(span.end)
            unsafe writer.append(
                WireSpanExample.request([span]).span.bytes, sequence: 2 * UInt64(number) + 1,
                arrival: clock + 5 * second + 1, spans: 1, spanEnds: ends)
            writer.finish()
            return writer.takeOutput()
        }
        let (pipeline, _) = try replay(files: files.reversed(), rules: slow)
        let counts = pipeline.summary().counts
        #expect(counts.accepted == fileCount)
        #expect(counts.late == 0)
    }

    @Test func `has no late spans, whatever their order`() throws {
        let (pipeline, _) = try replay(
            [[[span(1, at: 0)], [span(2, at: 60)], [span(3, at: 20)]]], rules: slow)
        let summary = pipeline.summary()
        #expect(summary.counts.accepted == 3)
        #expect(summary.counts.late == 0)
        #expect(summary.view.operationSummaries().map(\.count) == [3])
    }
}
