import FuzzChecks
import Report
import TestSupport
import Testing

@testable import faultline

/// Two thousand cases of legal but odd traffic, through everything that reads spans. The fuzz target `Pipeline` makes
/// more.
@Suite struct `Odd traffic` {
    private static let seedsOfPart = 250

    @Test(arguments: 0..<8) func `is reported by every output as by a naive count`(part: Int) throws {
        for seed in UInt64(part * Self.seedsOfPart)..<UInt64((part + 1) * Self.seedsOfPart) {
            do {
                let report = try PipelineCheck.check(Choices(seed: seed))
                let text = ReportText(report, style: TextStyle(isTerminal: false)).text
                let plain = text.replacing(",", with: "")
                #expect(plain.hasPrefix("\(report.spans.accepted) span"), "seed \(seed)")
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }
}
