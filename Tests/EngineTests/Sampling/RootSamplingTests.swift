import TestSupport
import Testing

@testable import Engine

/// What trace ids of roots tell about the ratio that they were sampled with, against ids drawn and thinned here.
@Suite struct `The ratio of a sampler` {
    /// Ids as a sampler with a ratio keeps them, of so many.
    private static func ids(_ count: Int, ratio: Double, seed: UInt64) -> [UInt64] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in generator.next() }.filter { Double($0 >> 1) < ratio * 0x1p63 }
    }

    private static func ratio(_ ids: [UInt64]) -> SamplingRatio? {
        var sampling = RootSampling()
        for id in ids { sampling.add(traceLow: id, end: 0) }
        return sampling.ratio
    }

    @Test(arguments: [0.5, 0.1, 0.01], [1, 2, 3] as [UInt64])
    func `is within a tenth of what it is`(ratio: Double, seed: UInt64) throws {
        let found = try #require(Self.ratio(Self.ids(Int(200 / ratio), ratio: ratio, seed: seed)))
        #expect(found.source == .estimated)
        #expect(abs(found.ratio - ratio) < ratio / 10)
    }

    @Test func `is one if ids lie everywhere`() {
        #expect(Self.ratio(Self.ids(200, ratio: 1, seed: 1))?.ratio == 1)
    }

    @Test func `is also told by ids above a threshold, as consistent sampling keeps them`() throws {
        let ids = Self.ids(4_000, ratio: 1, seed: 5).filter { Double($0 & (1 << 56 - 1)) >= 0.9 * 0x1p56 }
        let found = try #require(Self.ratio(ids))
        #expect(abs(found.ratio - 0.1) < 0.01)
    }

    @Test func `is unknown for fewer than 20 ids, and for ids that nobody drew`() {
        #expect(Self.ratio(Self.ids(19, ratio: 1, seed: 1)) == nil)
        #expect(Self.ratio(Array(1...1_000)) == nil)
    }

    @Test(arguments: [(0.1, 0.01), (0.01, 0.1), (1, 0.1)])
    func `is that of the process that runs now, some minutes after the one before has ended`(
        before: Double, now: Double
    ) throws {
        var sampling = RootSampling()
        for id in Self.ids(Int(500 / before), ratio: before, seed: 1) { sampling.add(traceLow: id, end: 0) }
        let later = Self.ids(Int(1_000 / now), ratio: now, seed: 2)
        for (number, id) in later.enumerated() { sampling.add(traceLow: id, end: Int64(number + 1) * 2_000_000_000) }
        let found = try #require(sampling.ratio)
        #expect(abs(found.ratio - now) < now / 10)
    }

    @Test(arguments: [(0.1, 0.01), (1, 0.1), (1, 0.5)], [1, 2, 3] as [UInt64])
    func `is the new one within two hundred roots if it has fallen`(ratios: (Double, Double), seed: UInt64) throws {
        let (before, now) = ratios
        var sampling = RootSampling()
        for id in Self.ids(Int(550 / before), ratio: before, seed: seed) { sampling.add(traceLow: id, end: 0) }
        let later = Self.ids(Int(400 / now), ratio: now, seed: seed + 3).prefix(201)
        for id in later { sampling.add(traceLow: id, end: 1) }
        let found = try #require(sampling.ratio)
        #expect(later.count == 201 && abs(found.ratio - now) < now / 10)
    }

    @Test(arguments: [0, 250, 251, 500]) func `is what tracestates say if most roots have one, whatever the ids`(
        stated: Int
    ) {
        var sampling = RootSampling()
        for id in Self.ids(1_200, ratio: 0.5, seed: 1).prefix(500) { sampling.add(traceLow: id, end: 0) }
        var thresholds = SamplingThresholds()
        for _ in 0..<stated { thresholds.add(threshold: 3 << 54) }
        sampling.add(thresholds)
        let isStated = stated >= 250
        #expect(sampling.ratio?.source == (isStated ? .tracestate : .estimated))
        #expect(abs((sampling.ratio?.ratio ?? 0) - (isStated ? 0.25 : 0.5)) < 0.02)
    }

    @Test(arguments: [(1, 2), (10, 100), (100, 1), (1, 1_000_000)] as [(UInt64, UInt64)])
    func `is the new one within two thousand roots if the next process states another`(
        before: UInt64, now: UInt64
    ) throws {
        var sampling = RootSampling()
        for sampled in [before, now] {
            for number in 0..<2_500 {
                sampling.add(traceLow: UInt64(number), end: 0)
                var thresholds = SamplingThresholds()
                thresholds.add(threshold: (1 << 56) - (1 << 56) / sampled)
                sampling.add(thresholds)
            }
        }
        let found = try #require(sampling.ratio)
        #expect(abs(found.ratio * Double(now) - 1) < 1e-3)
    }

    /// 2^56 minus what is sampled.
    @Test(arguments: [1, 2, 4, 8, 1_000_000] as [UInt64]) func `is one in a million at least`(sampled: UInt64) throws {
        var thresholds = SamplingThresholds()
        thresholds.add(threshold: (1 << 56) - sampled)
        let ratio = try #require(thresholds.ratio)
        #expect(abs(ratio - 1e-6) < 1e-9)
    }
}
