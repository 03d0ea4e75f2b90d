import Foundation

/// Formats numbers for people, with four significant digits.
enum HumanNumber {
    /// `0.25`, `50`: as many digits as it takes, without a trailing `.0`.
    static func plain(_ value: Double) -> String {
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// `1.234k`, `12.5m`.
    static func scaled(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return plain(value) }
        var (scaled, prefix) = (value, "")
        for larger in ["k", "M", "G", "T", "P"] where abs(scaled) >= 1000 {
            (scaled, prefix) = (scaled / 1000, larger)
        }
        for smaller in ["m", "µ", "n"] where abs(scaled) < 1 {
            (scaled, prefix) = (scaled * 1000, smaller)
        }
        return digits(scaled) + prefix
    }

    /// `12.5%`.
    static func percentage(_ ratio: Double) -> String {
        digits(ratio * 100) + "%"
    }

    /// `212.3ms`, `4.5s`, `2m 5s`, `1h 0m 12s`: from a minute on in whole seconds, truncated.
    static func duration(seconds: Double) -> String {
        guard abs(seconds) >= 60, let whole = Int64(exactly: seconds.rounded(.towardZero)) else {
            return scaled(seconds) + "s"
        }
        var rest = whole.magnitude
        var parts: [String] = []
        for (unit, length) in [("d", UInt64(86_400)), ("h", 3600), ("m", 60), ("s", 1)] {
            let (count, remainder) = rest.quotientAndRemainder(dividingBy: length)
            if count > 0 || !parts.isEmpty { parts.append("\(count)\(unit)") }
            rest = remainder
        }
        return (whole < 0 ? "-" : "") + parts.joined(separator: " ")
    }

    private static func digits(_ value: Double) -> String {
        String(format: "%.4g", value)
    }
}
