import FuzzChecks
import Receivers
import TestSupport
import Testing

/// Thousands of connections with plausible and other frames. The fuzz target `HTTP2` makes more.
@Suite struct `HTTP/2 frames` {
    private static let seedsOfPart: UInt64 = 500

    @Test(arguments: 0..<8) func `of any kind lose nothing without a reason`(part: UInt64) {
        var exported = 0
        var succeeded = 0
        var reasons: Set<RefusalReason> = []
        for seed in part * Self.seedsOfPart..<(part + 1) * Self.seedsOfPart {
            do {
                let outcome = try HTTP2Check.check(Choices(seed: seed))
                exported += outcome.exported
                succeeded += outcome.succeeded
                reasons.formUnion(outcome.reasons)
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
        // Otherwise they would prove little.
        #expect(exported > 300 && succeeded > 250, "\(exported) exported, \(succeeded) succeeded")
        #expect(reasons.count >= 10, "\(reasons.map(\.rawValue).sorted())")
    }
}
