/// Times as users see them, RFC 3339 in UTC; nanoseconds since the epoch inside.
package enum Timestamp {
    /// `2026-11-23T04:15:46Z`, with 0, 3, 6 or 9 decimals as needed.
    package static func rfc3339(_ nanoseconds: Int64) -> String {
        let (second, fraction) = floorDivide(nanoseconds, 1_000_000_000)
        let (day, secondOfDay) = floorDivide(second, 86_400)
        let (year, month, dayOfMonth) = civil(fromDay: day)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
        let hour = padded(secondOfDay / 3600, 2)
        let minute = padded(secondOfDay / 60 % 60, 2)
        return "\(date)T\(hour):\(minute):\(padded(secondOfDay % 60, 2))\(decimals(fraction))Z"
    }

    /// Parses a time with any offset from UTC; nil if it is malformed or beyond `TimeLimits`. Decimals after the ninth
    /// are cut off. A leap second counts as the second after it.
    package static func parse(rfc3339 text: some StringProtocol) -> Int64? {
        let pattern =
            /(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)/
            .asciiOnlyDigits()
        guard let match = String(text).wholeMatch(of: pattern)?.output,
            let year = Int64(match.1), let month = Int64(match.2), let day = Int64(match.3),
            let hour = Int64(match.4), let minute = Int64(match.5), let second = Int64(match.6),
            let offset = offset(match.8), (1...12).contains(month), day >= 1,
            day <= daysIn(month: month, year: year), hour < 24, minute < 60, second <= 60
        else { return nil }
        let digits = (match.7 ?? "").prefix(9)
        let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
        let seconds =
            dayNumber(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
            - offset
        return TimeLimits.time(seconds.multipliedSaturating(by: 1_000_000_000).addingSaturating(fraction))
    }

    // MARK: Calendar

    /// Days since the epoch of a Gregorian date.
    static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        // Years begin in March, so that the leap day is the last of its year and month lengths follow a pattern: 153
        // days every five months. Every era of 400 years has 146,097 days.
        let shifted = month > 2 ? year : year - 1
        let (era, yearOfEra) = floorDivide(shifted, 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        // The epoch is day 719,468 counted from 0000-03-01.
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(fromDay number: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(number + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func daysIn(month: Int64, year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    // MARK: Digits

    private static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> (
        quotient: Int64, remainder: Int64
    ) {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func decimals(_ nanoseconds: Int64) -> String {
        guard nanoseconds != 0 else { return "" }
        if nanoseconds % 1_000_000 == 0 { return "." + padded(nanoseconds / 1_000_000, 3) }
        if nanoseconds % 1_000 == 0 { return "." + padded(nanoseconds / 1_000, 6) }
        return "." + padded(nanoseconds, 9)
    }

    /// Seconds ahead of UTC: of `Z`, `+02:00` or `-05:30`.
    private static func offset(_ text: Substring) -> Int64? {
        guard text != "Z", text != "z" else { return 0 }
        guard let hours = Int64(text.dropFirst().prefix(2)), let minutes = Int64(text.suffix(2)), hours < 24,
            minutes < 60
        else { return nil }
        return (text.hasPrefix("-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}
