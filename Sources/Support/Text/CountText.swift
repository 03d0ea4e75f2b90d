import Foundation

/// A count for people to read, `54,453`.
package func countText(_ count: Int) -> String {
    var digits = String(count.magnitude)
    var groups: [Substring] = []
    while digits.count > 3 {
        groups.insert(digits.suffix(3), at: 0)
        digits = String(digits.dropLast(3))
    }
    return (count < 0 ? "-" : "") + ([digits[...]] + groups).joined(separator: ",")
}

/// Events per second: `0.02/s`, `0.3/s`, `18.5/s`, `1,250/s`.
package func rateText(_ perSecond: Double) -> String {
    guard perSecond != 0 else { return "0/s" }
    // Beyond any rate that there is.
    let whole = Int(max(min(perSecond, 1e15), -1e15).rounded())
    if perSecond > 0, perSecond < 0.005 { return "< 0.01/s" }
    return perSecond < 100
        ? String(format: abs(perSecond) < 0.095 ? "%.2f/s" : "%.1f/s", perSecond) : "\(countText(whole))/s"
}
