import Archive
import Engine
import Foundation
import Pipeline
import Replay
import Rules
import Support
import TestSupport
import Testing

/// Extreme times in everything that a replay reads. Nothing may trap, and refusals must be reported.
@Suite struct `Extreme times in archives` {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("times-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func file(_ bytes: [UInt8], _ name: String = UUID().uuidString) throws -> String {
        let file = folder.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return file.path
    }

    private static let rules = """
        groups:
          - name: g
            rules:
              - {alert: Any, select: {service: apiserver}, when: p99 > 1us, over: 5m, for: 30s}
              - {alert: Before, select: {service: apiserver}, when: p99 > 2 * p99 offset 1h or errors > 1, over: 1m}
              - {alert: Single, match: {service: apiserver}, when: duration > 1us, over: 1h, keep_firing_for: 3650d}
        """

    private func replay(
        _ archive: String, limits: WindowLimits = WindowLimits(), isSalvaging: Bool = false
    ) throws -> (counts: SpanCounts, problems: [String]) {
        let file = try RuleFile(Self.rules, file: "rules.yaml", maximumWindow: TimeLimits.longest)
        let replay = try Replay([archive], endingIn: .min..<(.max), isSalvaging: isSalvaging) {
            Pipeline(rules: RuleEvaluator(file.groups), limits: limits)
        }
        while replay.step() {}
        return (replay.pipeline.summary().counts, replay.problems)
    }

    private func records(_ random: inout SeededGenerator) -> [[WireSpanExample]] {
        (0..<6).map { record in
            (0..<4).map { span in
                WireSpanExample {
                    $0.spanID = [1, 2, 3, 4, 5, 6, UInt8(record), UInt8(span + 1)]
                    $0.start = ExtremeTimes.pick(&random)
                    $0.end = Bool.random(using: &random) ? ExtremeTimes.pick(&random) : $0.start &+ 1_000_000
                }
            }
        }
    }

    private static func lengthDelimited(_ records: [[WireSpanExample]]) -> [UInt8] {
        records.map { WireSpanExample.request($0) }.flatMap { record in
            (0..<4).map { UInt8(truncatingIfNeeded: record.count >> (24 - 8 * $0)) } + record
        }
    }

    @Test(arguments: 0..<40) func `of spans are replayed and converted with every span accounted for`(seed: UInt64)
        throws
    {
        var random = SeededGenerator(seed: seed)
        let archive = try file(Self.lengthDelimited(records(&random)))
        let (counts, problems) = try replay(
            archive, limits: WindowLimits(duration: seed % 2 == 0 ? nil : TimeLimits.longest))
        #expect(problems == [])
        #expect(counts.received == 24)
        #expect(counts.accepted + counts.duplicates + counts.rejections.total == 24)
        for form in ArchiveConversion.Form.allCases {
            let name = folder.appendingPathComponent("\(form)").path
            var conversion = try ArchiveConversion(to: form, ByteOutput(name), isSalvaging: false)
            try conversion.add(archive)
            try conversion.finish()
            _ = try ArchiveScan(name)
            // A file for Jaeger's page is not replayed: its times are microseconds.
            guard form != .jaeger else { continue }
            let copy = try replay(name).counts
            #expect(copy.received == counts.received)
            #expect(copy.rejections[.invalidTime] == counts.rejections[.invalidTime])
            #expect(copy.rejections[.tooLong] == counts.rejections[.tooLong])
        }
    }

    @Test(arguments: 0..<40) func `of a recording are refused as damage, or accepted`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var writer = ArchiveWriter(
            RecordingStart(
                recording: RecordingID(low: 1, high: 2), time: Int64(bitPattern: ExtremeTimes.pick(&random)),
                firstSequence: seed % 3 == 0 ? ExtremeTimes.pick(&random) : 0))
        let base = seed % 4 == 0 ? ExtremeTimes.pick(&random) >> 1 : 0
        for (number, record) in records(&random).enumerated() {
            let sequence = base + 2 * UInt64(number)
            let isHarmless = seed % 5 == 0
            let clock = isHarmless ? 1_795_407_346_345_284_061 : Int64(bitPattern: ExtremeTimes.pick(&random))
            writer.append(ClockReading(clock, isJump: Bool.random(using: &random)), sequence: sequence)
            let ends = [ExtremeTimes.pick(&random), ExtremeTimes.pick(&random)].map { Int64(bitPattern: $0) }.sorted()
            unsafe writer.append(
                WireSpanExample.request(record).span.bytes, sequence: sequence + 1,
                arrival: isHarmless ? clock : Int64(bitPattern: ExtremeTimes.pick(&random)), spans: record.count,
                spanEnds: ends[0]...ends[1])
            if number % 2 == 0 { writer.seal() }
        }
        writer.finish()
        let archive = try file(writer.takeOutput())
        _ = ArchiveIndex(path: archive)
        for isSalvaging in [false, true] {
            // Refused, or read as far as it is sound.
            _ = try? replay(archive, isSalvaging: isSalvaging)
        }
        _ = try? ArchiveScan(archive)
    }
}
