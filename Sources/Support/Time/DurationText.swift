import Foundation

/// Durations as rules write them, `150ms`, `1h30m`, `1.5s`; nanoseconds inside.
package enum DurationText {
    static let units: [(name: String, nanoseconds: Int64)] = [
        ("w", 604_800_000_000_000), ("d", 86_400_000_000_000), ("h", 3_600_000_000_000),
        ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("µs", 1_000),
        ("ns", 1),
    ]

    static func unit(_ name: some StringProtocol) -> Int64? {
        // µ may be MICRO SIGN or GREEK SMALL LETTER MU.
        let name = String(name).replacing("\u{3BC}", with: "\u{B5}")
        return units.first { $0.name == name }?.nanoseconds
    }

    /// Parses a duration into nanoseconds; nil if it is malformed or beyond `TimeLimits`. A bare `0` needs no unit.
    /// Units go from large to small, each at most once.
    package static func parse(_ text: some StringProtocol) -> Int64? {
        if text == "0" { return 0 }
        var rest = text[...]
        var total: Int64 = 0
        var smallest = Int64.max
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let unit = unit(name), unit < smallest, let part = scale(digits, by: unit) else {
                return nil
            }
            smallest = unit
            total = total.addingSaturating(part)
        }
        return smallest == .max ? nil : TimeLimits.duration(total)
    }

    /// The shortest exact spelling: `1h30m`, `150ms`, `0s`.
    package static func format(_ nanoseconds: Int64) -> String {
        guard nanoseconds != 0 else { return "0s" }
        var rest = nanoseconds.magnitude
        var text = nanoseconds < 0 ? "-" : ""
        for (name, unit) in units where name != "µs" && name != "w" {
            let (count, remainder) = rest.quotientAndRemainder(dividingBy: unit.magnitude)
            if count > 0 { text += "\(count)\(name)" }
            rest = remainder
        }
        return text
    }

    /// A duration in the unit to print it in, `(2.5, "ms")`: the largest up to a second that leaves at least 1 after rounding to
    /// three digits.
    package static func inUnit(seconds: Double) -> (value: Double, unit: String) {
        let units: [(perSecond: Double, name: String)] = [(1, "s"), (1e3, "ms"), (1e6, "µs")]
        let unit = units.first { seconds * $0.perSecond >= 0.9995 } ?? (1e9, "ns")
        return (seconds * unit.perSecond, unit.name)
    }

    /// `digits` (an integer, or a decimal fraction with digits on both sides of the point) times `unit`.
    private static func scale(_ digits: some StringProtocol, by unit: Int64) -> Int64? {
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, let count = Int64(whole) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        let fraction = parts[1].prefix(9)
        guard !parts[1].contains("."), let numerator = Int64(fraction) else { return nil }
        let denominator = (0..<fraction.count).reduce(Int64(1)) { power, _ in power * 10 }
        // Up to 9 digits times a week in nanoseconds exceeds Int64, hence the full-width product.
        let (part, _) = denominator.dividingFullWidth(numerator.multipliedFullWidth(by: unit))
        let (sum, carry) = product.addingReportingOverflow(part)
        return carry ? nil : sum
    }
}

/// For people to read: three significant digits and a unit, `1.25 ms`; from 100 s on as a stretch of time.
package func durationText(seconds: Double) -> String {
    if (99.95..<Double(TimeLimits.longest) / 1e9).contains(seconds) {
        return stretchText(Int64((seconds * 1e9).rounded()))
    }
    let (value, unit) = DurationText.inUnit(seconds: seconds)
    let digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
    return String(format: "%.\(digits)f", value) + " " + unit
}

/// A stretch of time in whole units, for people to read: `45 s`, `2 min 26 s`, `3 h 5 min`, `2 d`.
///
/// - Parameter nanoseconds: at least 0.
package func stretchText(_ nanoseconds: Int64) -> String {
    let seconds = nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 >= 500_000_000 ? 1 : 0)
    let units: [(seconds: Int64, name: String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
    let largest = units.firstIndex { seconds >= $0.seconds } ?? units.count - 1
    var (text, rest) = ("", seconds)
    for (index, unit) in units.enumerated() where index == largest || index == largest + 1 {
        let count = rest / unit.seconds
        rest %= unit.seconds
        if index == largest { text = "\(count) \(unit.name)" } else if count > 0 { text += " \(count) \(unit.name)" }
    }
    return text
}
