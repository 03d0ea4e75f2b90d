import Support
import Testing

@testable import Doctor

@Suite struct `The time of which all have told` {
    private static let (now, second): (Int64, Int64) = (1_800_000_000_000_000_000, 1_000_000_000)

    private func source(_ service: String, first: Int64, instance: String = "", last: Int64 = 1) -> HeardSources.Source
    {
        HeardSources.Source(
            cluster: "", service: service, instance: instance, role: service, version: nil, spans: 1_000, late: 0,
            lateness_seconds: nil,
            first: Timestamp.rfc3339(Self.now - first * Self.second),
            last: Timestamp.rfc3339(Self.now - last * Self.second), sampling_ratio: nil, sampling_source: nil,
            clock_offset_seconds: nil, dialect: nil)
    }

    /// In seconds ago.
    private func range(_ sources: [HeardSources.Source]) -> [Int64]? {
        SettledTime.range(sources, now: Self.now).map {
            [Self.now - $0.lowerBound, Self.now - $0.upperBound].map { $0 / Self.second }
        }
    }

    @Test func `is at most five minutes, without the last half`() {
        #expect(range([source("apiserver", first: 4_000), source("etcd", first: 331)]) == [330, 30])
    }

    @Test func `begins with the last of those that send`() {
        let servers = [source("apiserver", first: 4_000), source("etcd", first: 100, instance: "m1")]
        #expect(range(servers) == [100, 30])
        #expect(range(servers + [source("etcd", first: 60, instance: "m2")]) == [60, 30])
        #expect(range(servers + [source("kubelet", first: 40)]) == [100, 30])
    }

    @Test func `isn't there in the first half minute`() {
        #expect(range([source("apiserver", first: 30), source("etcd", first: 25)]) == nil)
    }
}
