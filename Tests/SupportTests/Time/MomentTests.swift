import Support
import Testing

@Suite struct `A moment as users give it` {
    private static let now: Int64 = 1_764_288_000_000_000_000

    @Test(arguments: [
        ("now", now), ("-0s", now), ("-5m", now - 300_000_000_000), ("-1h30m", now - 5_400_000_000_000),
        ("-1.5s", now - 1_500_000_000), ("1764288000", now), ("1764288000.25", now + 250_000_000), ("0", 0),
        ("1764288000.0000000019", now + 1), ("2025-11-28T00:00:00Z", now), ("2025-11-28T01:00:00+01:00", now),
    ])
    func `is RFC 3339, Unix seconds, a duration ago, or now`(text: String, time: Int64) {
        #expect(Timestamp.parse(text, now: Self.now) == time)
    }

    @Test(arguments: [
        "", " ", "-", "-5", "5m", "+5m", "-5m ", "now-5m", "NOW", "1e9", "1764288000000", ".5", "5.", "1.2.3", "0x10",
        "-1w1w",
        "-99999999999w", "-36500d", "٣", "2025-11-28", "99999999999999999999",
    ])
    func `is nothing else`(text: String) {
        #expect(Timestamp.parse(text, now: Self.now) == nil, "\(text)")
    }
}
