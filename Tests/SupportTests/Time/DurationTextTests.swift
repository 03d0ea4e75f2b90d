@testable import Support
import TestSupport
import Testing

struct DurationTextTests {
    @Test(arguments: [
        ("150ms", 150 * millisecond), ("1h30m", 90 * minute), ("2s", 2 * second), ("500us", millisecond / 2),
        ("500µs", millisecond / 2), ("500\u{3BC}s", millisecond / 2), ("7ns", 7), ("1d", 1440 * minute),
        ("1w", 7 * 1440 * minute), ("1.5s", 1500 * millisecond), ("0.25h", 15 * minute), ("0", 0), ("0s", 0),
        ("521w", 521 * 7 * 1440 * minute), ("3650d", 3_650 * 1440 * minute), ("1.123456789123s", 1_123_456_789),
    ])
    func `a duration is read in nanoseconds`(text: String, nanoseconds: Int64) {
        #expect(DurationText.parse(text) == nanoseconds)
    }

    @Test(arguments: [
        "", "5", "s", "-5s", "+5s", "5 s", "5x", "1m1h", "1s1s", "1..5s", "1.s", ".5s", "1.5.5s", "5sec",
        "5S", "५s",
        "15251w", "522w", "3650d1ns", "99999999999999999999s", "9223372036s9223372036ms", "5s ",
    ])
    func `what is not a duration is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: 0..<300)
    func `what is written of any duration reads as the same`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let unit = generator.pick(DurationText.units).nanoseconds
        let duration = Int64.random(in: 0...500, using: &generator) * unit
        #expect(DurationText.parse(DurationText.format(duration)) == duration)
    }

    @Test func `a duration is written in its largest units`() {
        #expect(DurationText.format(90 * minute) == "1h30m")
        #expect(DurationText.format(0) == "0s")
        #expect(DurationText.format(-second) == "-1s")
        #expect(DurationText.format(1_001_001_001) == "1s1ms1us1ns")
    }
}
