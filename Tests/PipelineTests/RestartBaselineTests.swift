import Engine
import Foundation
import Pipeline
import Replay
import Rules
import TestSupport
import Testing

/// What a process remembers of an earlier one is compared with as if its spans were still there.
@Suite("What is usual after a restart")
struct RestartBaselineTests {
    private struct Facts: Decodable {
        struct Fault: Decodable {
            var start_ns: Int64
        }

        var faults: [Fault]
    }

    private static let second: Int64 = 1_000_000_000
    private static let slot = 5 * second

    private static func replay(
        _ archive: URL, from start: Int64, _ records: [SlotRecord] = [], rules: [RuleGroup] = []
    ) throws -> Pipeline {
        var limits = WindowLimits()
        limits.duration = nil
        let replay = try Replay([archive.path], endingIn: start..<(.max)) {
            let pipeline = Pipeline(rules: RuleEvaluator(rules), limits: limits)
            pipeline.remember(records)
            return pipeline
        }
        while replay.step() {}
        return replay.pipeline
    }

    private static func evidence(_ pipeline: Pipeline, _ comparison: Comparison) -> AlertEvidence {
        let view = pipeline.attributedSummary().view
        return view.evidence(comparison, ofCluster: "", where: nil, pipeline.components).evidence
    }

    @Test func `gives the same verdict as if nothing had been restarted`() throws {
        let archive = Captures.slow
        let fault = try #require(try Captures.companion(archive, "facts.json", as: Facts.self).faults.first).start_ns
        // Requests across the restart lose their earlier spans, so the interval begins later.
        let restart = (fault / Self.slot - 1) * Self.slot
        let comparison = Comparison(
            interval: fault + 30 * Self.second..<fault + 60 * Self.second,
            baseline: restart - 60 * Self.second..<restart)
        let whole = try Self.replay(archive, from: .min)
        let records = whole.records(after: .min).filter { $0.start < restart }
        #expect(records.count >= 10)
        let sent = try records.map { try SlotRecord($0.encoded) }
        let later = try Self.replay(archive, from: restart, sent)
        let (found, expected) = (Self.evidence(later, comparison), Self.evidence(whole, comparison))
        #expect(found.culprit.text == expected.culprit.text)
        #expect(found.components.map(\.component) == expected.components.map(\.component))
        for (found, expected) in zip(found.components, expected.components) {
            #expect(found.seconds == expected.seconds)
            // Without the few kinds of request that nobody has asked for since.
            let before = try #require(expected.baselineSeconds)
            #expect(abs((found.baselineSeconds ?? 0) - before) < before / 100)
        }
        let forgetful = Self.evidence(try Self.replay(archive, from: restart), comparison)
        #expect(forgetful.components.allSatisfy { $0.baselineSeconds == nil })
    }

    @Test func `counts in the memory of rules`() throws {
        let archive = Captures.slow
        let fault = try #require(try Captures.companion(archive, "facts.json", as: Facts.self).faults.first).start_ns
        let restart = (fault / Self.slot - 1) * Self.slot
        let records = try Self.replay(archive, from: .min).records(after: .min).filter { $0.start < restart }
        let rules = try BuiltinRules.controlPlane().groups
        let used = try [records, []].map { records in
            try Self.replay(archive, from: restart, records, rules: rules).evaluation.countByteCount
        }
        #expect(used[0] - used[1] >= records.reduce(0) { $0 + $1.encoded.count })
    }

    @Test func `never ends the process, whatever the bytes are`() throws {
        let records = try Self.replay(Captures.example, from: .min).records(after: .min)
        let (record, next) = (try #require(records.first), try #require(records.last).start)
        let bytes = record.encoded
        #expect(try SlotRecord(bytes).encoded == bytes)
        for end in bytes.indices {
            #expect(throws: SlotRecord.FormatError.self) { try SlotRecord(Array(bytes[..<end])) }
        }
        let later = try Self.replay(Captures.example, from: next)
        let comparison = Comparison(interval: next..<next + Self.slot, baseline: record.start..<next)
        var random = SeededGenerator(seed: 20_261_129)
        for _ in 0..<300 {
            var damaged = Array(bytes.dropLast(8))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: damaged.indices, using: &random)
                damaged[place] = UInt8.random(in: 0...255, using: &random)
            }
            guard let read = try? SlotRecord(damaged.withChecksum) else { continue }
            var slots = RememberedSlots([read], components: later.components.names)
            var view = later.view()
            slots.attach(to: &view)
            _ = view.evidence(comparison, ofCluster: "", where: nil, later.components)
        }
    }
}
