import Engine
import Rules
import Support

/// The header by which a receiver says how long to leave it alone (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// - Parameters:
    ///   - text: a number of seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///   - now: nanoseconds since the epoch, what a date is counted from.
    static func parse(_ text: String, now: Int64) -> Duration? {
        if let seconds = UInt32(text) { return .seconds(Int64(seconds)) }
        let pattern =
            /\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d:\d\d:\d\d) GMT/
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard let match = text.wholeMatch(of: pattern)?.output,
            let month = months.firstIndex(of: String(match.2)),
            let time = Timestamp.parse(
                rfc3339: "\(match.3)-\(month < 9 ? "0" : "")\(month + 1)-\(match.1)T\(match.4)Z")
        else { return nil }
        return .nanoseconds(max(0, time.subtractingSaturating(now)))
    }
}
