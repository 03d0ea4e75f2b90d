import TestSupport
import Testing

@testable import Engine

/// What rules are told about growth.
@Suite struct `The growth that rules see` {
    private static let usual = Int(LatencyBucket.shared.code(millisecond))

    /// Durations of a stretch of half a minute.
    private struct Stretch {
        private(set) var durations = RelativeDurations(keepsDurations: false)

        /// - Parameter parts: durations of each five seconds, milliseconds.
        init(_ parts: [[Int64]]) {
            for part in parts {
                for duration in part.sorted() {
                    let code = LatencyBucket.shared.code(duration * millisecond)
                    durations.add([SeriesCounts.Cell(code: code, count: 1)].span, usual: usual)
                }
                durations.endPart()
            }
        }

        /// Spread over the half minute.
        init(_ all: [Int64]) {
            self.init((0..<6).map { part in all.indices.filter { $0 % 6 == part }.map { all[$0] } })
        }
    }

    /// - Parameter before: of each of the twenty half minutes before.
    private static func growths(of now: Stretch, before: [Int64], groups: Int = 1) -> Growths? {
        let stretches = (0..<20).map { _ in Stretch(before).durations.statistics }
        return Growths(now.durations.statistics, GrowthBaseline(stretches), groups: groups)
    }

    private static func durations(_ count: Int, slow: Int) -> [Int64] {
        Array(repeating: 100, count: slow) + Array(repeating: 1, count: count - slow)
    }

    @Test(arguments: [(15, 2), (15, 3), (19, 2), (20, 2), (20, 3), (30, 4)])
    func `has no p90 that few long durations decide by chance`(count: Int, slow: Int) {
        let now = Stretch(Self.durations(count, slow: slow))
        #expect(Self.growths(of: now, before: Self.durations(count, slow: 0))?[.tail] == 1)
    }

    @Test(arguments: [(12, 12), (15, 6), (30, 7), (40, 8), (100, 12)])
    func `has a p90 where nothing before explains it`(count: Int, slow: Int) throws {
        let now = Stretch(Self.durations(count, slow: slow))
        #expect(try #require(Self.growths(of: now, before: Self.durations(count, slow: 0)))[.tail] > 50)
    }

    /// - Parameter slow: how many durations of each five seconds, of four, are long.
    @Test(arguments: [([1, 1, 1, 1, 1, 0], true), ([2, 2, 1, 0, 0, 0], false), ([5, 0, 0, 0, 0, 0], false)])
    func `has a p90 of few long durations if they are beyond anything before and all over the time`(
        slow: [Int], isGrowth: Bool
    ) throws {
        let now = Stretch(slow.map { Self.durations(max(4, $0), slow: $0) })
        // So short a time before that the exact test can't tell.
        let stretches = (0..<4).map { _ in Stretch(Self.durations(24, slow: 0)).durations.statistics }
        let growths = try #require(Growths(now.durations.statistics, GrowthBaseline(stretches), groups: 50))
        #expect(isGrowth ? growths[.tail] > 50 : growths[.tail] == 1)
    }

    @Test func `has no p90 of few long durations that were as long before`() {
        let now = Stretch([1, 1, 1, 1, 1, 0].map { Self.durations(4, slow: $0) })
        let before = Stretch([Self.durations(4, slow: 1)] + (0..<5).map { _ in Self.durations(4, slow: 0) })
        let stretches = (0..<4).map { _ in before.durations.statistics }
        #expect(Growths(now.durations.statistics, GrowthBaseline(stretches), groups: 50)?[.tail] == 1)
    }

    @Test func `has no p90 that comes now and then`() {
        let before = Self.durations(20, slow: 1)
        #expect(Self.growths(of: Stretch(Self.durations(20, slow: 5)), before: before)?[.tail] == 1)
    }

    @Test(arguments: [5, 6, 9]) func `of fewer than ten shows if all are far longer than ever`(count: Int) throws {
        let before = Self.durations(count, slow: 0)
        let growths = try #require(Self.growths(of: Stretch(Self.durations(count, slow: count)), before: before))
        for statistic in [GrowthStatistic.low, .median, .upper, .tail] { #expect(growths[statistic] > 50) }
        #expect(growths[.calm] == 1)
        #expect(Self.growths(of: Stretch(before), before: before)?[.median] == 1)
        let twice = Stretch(Array(repeating: 3, count: count))
        #expect(Self.growths(of: twice, before: before)?[.median] == 1)
    }

    @Test func `of fewer than ten needs more of them the more groups there are`() {
        let (before, now) = (Self.durations(5, slow: 0), Stretch(Self.durations(5, slow: 5)))
        #expect(Self.growths(of: now, before: before, groups: 10).map { $0[.median] > 50 } == true)
        #expect(Self.growths(of: now, before: before, groups: 10_000) == nil)
    }

    @Test func `of fewer than ten isn't that of one pause`() {
        let now = Stretch([[100, 100, 100], [100, 100, 100], [], [], [], []])
        #expect(Self.growths(of: now, before: Self.durations(6, slow: 0))?[.median] == 1)
    }

    @Test func `of fewer is no data`() {
        #expect(Self.growths(of: Stretch(Self.durations(3, slow: 3)), before: Self.durations(3, slow: 0)) == nil)
    }

    @Test func `of all agrees with the exact test`() {
        // Of 5 long ones among 20, at least 3 are in a sample of 6: C(5,3) C(15,3) + C(5,4) C(15,2) + C(5,5) C(15,1) of
        // C(20,6) samples.
        let chance = Chance.of(long: 3, outOf: 6, before: (long: 2, count: 14))
        #expect(abs(chance - (10 * 455 + 5 * 105 + 15) / 38_760) < 1e-12)
        #expect(Chance.of(long: 0, outOf: 6, before: (long: 2, count: 14)) == 1)
        #expect(Chance.of(long: 6, outOf: 6, before: (long: 14, count: 14)) == 1)
        #expect(abs(Chance.of(long: 4, outOf: 4, before: (long: 0, count: 6)) - 1 / 210) < 1e-12)
        #expect(Chance.of(long: 600, outOf: 5_000, before: (long: 300, count: 50_000)) < 1e-200)
    }
}
