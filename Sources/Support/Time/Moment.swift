extension Timestamp {
    /// What `parse(_:now:)` takes, for messages.
    package static let forms = "a time in RFC 3339, Unix seconds, a duration ago such as -5m, or now"

    /// Parses a time as users give it: RFC 3339, seconds since the epoch (with up to nine decimals), `-5m` for five minutes
    /// before `now`, or `now`.
    ///
    /// - Parameter now: Unix nanoseconds.
    /// - Returns: Unix nanoseconds; nil if the text is none of these, or beyond `TimeLimits`.
    package static func parse(_ text: some StringProtocol, now: Int64) -> Int64? {
        if text == "now" { return now }
        if text.hasPrefix("-") {
            return DurationText.parse(text.dropFirst()).flatMap { TimeLimits.time(now.subtractingSaturating($0)) }
        }
        return parse(unixSeconds: text) ?? parse(rfc3339: text)
    }

    private static func parse(unixSeconds text: some StringProtocol) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let isNumber = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        }
        guard isNumber, let whole = parts.first.flatMap({ Int64($0) }) else { return nil }
        let digits = parts.count > 1 ? String(parts[1].prefix(9)) : ""
        let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
        return TimeLimits.time(whole.multipliedSaturating(by: 1_000_000_000).addingSaturating(fraction))
    }
}
