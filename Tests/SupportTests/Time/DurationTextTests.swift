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

    private static let durations: [(seconds: Double, text: String)] = [
        (9e-7, "900 ns"), (0.000_999_6, "1.00 ms"), (0.060_4, "60.4 ms"), (0.999_6, "1.00 s"), (99.9, "99.9 s"),
        (99.96, "1 min 40 s"), (146, "2 min 26 s"), (3_599.6, "1 h"), (11_100, "3 h 5 min"), (1e12, "1000000000000 s"),
    ]

    @Test(arguments: durations)
    func `people read a duration with three digits, and one of minutes in whole units`(seconds: Double, text: String) {
        #expect(durationText(seconds: seconds) == text)
    }

    private static let stretches: [(seconds: Double, text: String)] = [
        (0, "0 s"), (0.499, "0 s"), (59.5, "1 min"), (80, "1 min 20 s"), (3_600, "1 h"), (86_399, "23 h 59 min"),
        (176_340, "2 d"), (1_051_200, "12 d 4 h"),
    ]

    @Test(arguments: stretches)
    func `people read a stretch of time in its two largest units`(seconds: Double, text: String) {
        #expect(stretchText(Int64(seconds * 1e9)) == text)
    }

    @Test func `the longest stretch of time is written too`() {
        #expect(stretchText(.max) == "106751 d 23 h")
    }
}
