import TestSupport
import Testing

@testable import Engine

/// What rules are told about growth.
@Suite struct `The growth that rules see` {
    /// Four minutes of durations of a millisecond, then some of which the last few take a hundred times as long.
    private static func growths(of count: UInt32, slow: UInt32) -> Growths {
        var meter = GrowthMeter()
        func cell(_ duration: Int64, _ count: UInt32) -> SeriesCounts.Cell {
            SeriesCounts.Cell(code: LatencyBucket.shared.code(duration), count: count)
        }
        meter.learn([cell(millisecond, 800)].span, series: 0)
        meter.learned()
        for stretch in 0..<8 {
            meter.add([cell(millisecond, 100)].span, series: 0, stretch: stretch)
            meter.endSlot()
        }
        meter.add([cell(millisecond, count - slow), cell(100 * millisecond, slow)].span, series: 0, stretch: nil)
        meter.endSlot()
        return Growths(meter.growth, sure: 4)
    }

    @Test func `has a p90 where it is not one of the longest two`() {
        #expect(Self.growths(of: 15, slow: 2)[.tail] == 1)
        #expect(Self.growths(of: 19, slow: 2)[.tail] == 1)
        #expect(Self.growths(of: 20, slow: 2)[.tail] == 1)
        #expect(Self.growths(of: 20, slow: 3)[.tail] > 50)
        #expect(Self.growths(of: 15, slow: 4)[.upper] > 50)
    }
}
