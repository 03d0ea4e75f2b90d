import TestSupport
import Testing

@testable import Engine

/// 2026-01-01T00:00:00Z
private let base: Int64 = 1_767_225_600 * second

@Suite struct `Evidence that the API server was stopped` {
    /// Both sides are busy for four minutes, and send nothing for fifteen seconds, which one more request covers.
    private func stall(covering target: String) -> Gap? {
        var window = Window(limits: WindowLimits(duration: nil))
        var builder = BatchBuilder()
        for number in 0..<Int64(240 * 20) where !(200..<215).contains(number / 20) {
            let end = base + number * second / 20
            builder.addRequest(method: "GET", target: "/api/v1/nodes", end: end)
            builder.add(service: "etcd", operation: "etcdserverpb.KV/Range", kind: .server, end: end)
        }
        builder.addRequest(method: "GET", target: target, end: base + 218 * second, duration: 25 * second)
        _ = window.append(builder.batch, arrival: base + 240 * second, evaluatedUpTo: .min)
        let comparison = Comparison(
            interval: base + 200 * second..<base + 230 * second, baseline: base..<base + 200 * second)
        // Slots that were read for another interval before are not read again.
        var digests = SlotDigests()
        let earlier = Comparison(
            interval: base + 100 * second..<base + 130 * second, baseline: base..<base + 100 * second)
        _ = window.view().evidence(earlier, ofCluster: "", ComponentTable(), &digests)
        let evidence = window.view().evidence(comparison, ofCluster: "", ComponentTable(), &digests)
        var fresh = SlotDigests()
        let expected = window.view().evidence(comparison, ofCluster: "", ComponentTable(), &fresh)
        #expect(evidence.apiServerStall == expected.apiServerStall && evidence.etcdGap == expected.etcdGap)
        return evidence.apiServerStall
    }

    @Test func `is a request that lasts over a time in which neither side sent anything`() {
        #expect(stall(covering: "/api/v1/pods") != nil)
    }

    @Test func `is not a watch, which lasts whatever happens`() {
        #expect(stall(covering: "/api/v1/pods?watch=1") == nil)
    }
}
