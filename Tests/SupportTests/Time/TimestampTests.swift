import Foundation
import Support
import TestSupport
import Testing

struct TimestampTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"),
        (1_795_407_346_345_284_061, "2026-11-23T04:15:46.345284061Z"),
        (1_795_407_346_345_284_000, "2026-11-23T04:15:46.345284Z"),
        (1_795_407_346_345_000_000, "2026-11-23T04:15:46.345Z"),
        (1_795_407_346_000_000_001, "2026-11-23T04:15:46.000000001Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
        (1 << 62, "2116-02-20T23:53:38.427387904Z"),
    ])
    func `a time is written with the decimals it needs and read back`(time: Int64, text: String) {
        #expect(Timestamp.rfc3339(time) == text)
        #expect(Timestamp.parse(rfc3339: text) == time)
    }

    @Test(arguments: [
        (Int64(-1), "1969-12-31T23:59:59.999999999Z"), ((1 << 62) + 1, "2116-02-20T23:53:38.427387905Z"),
        (.max, "2262-04-11T23:47:16.854775807Z"), (.min, "1677-09-21T00:12:43.145224192Z"),
    ])
    func `a time beyond the limits can be written but isn't read`(time: Int64, text: String) {
        #expect(Timestamp.rfc3339(time) == text)
        #expect(Timestamp.parse(rfc3339: text) == nil)
    }

    @Test(arguments: 0..<300)
    func `times agree with Foundation's calendar`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let seconds = Int64.random(in: 0...4_600_000_000, using: &generator)
        let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        #expect(Timestamp.rfc3339(seconds * second) == expected)
        #expect(Timestamp.parse(rfc3339: expected) == seconds * second)
    }

    @Test(arguments: [
        ("2026-11-23T04:15:46+02:00", Int64(1_795_400_146)), ("2026-11-22T23:15:46-05:00", 1_795_407_346),
        ("2026-11-23t04:15:46z", 1_795_407_346), ("2026-11-23 04:15:46Z", 1_795_407_346),
        ("2016-12-31T23:59:60Z", 1_483_228_800),
    ])
    func `offsets, spaces and leap seconds are understood`(text: String, seconds: Int64) {
        #expect(Timestamp.parse(rfc3339: text) == seconds * second)
    }

    @Test(arguments: [
        "", "2026-11-23", "2026-11-23T04:15:46", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00", "9999-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z", "٢٠٢٦-01-01T00:00:00Z", "2026-01-01T00:00:00Z\n",
    ])
    func `what is not a time is refused`(text: String) {
        #expect(Timestamp.parse(rfc3339: text) == nil)
    }
}
