import Support

/// The possible range of a value.
struct LawfulRange: Hashable, Sendable {
    var low: Double
    var high: Double
    /// Whether the ends are excluded.
    var isLowOpen = false
    var isHighOpen = false

    var isEmpty: Bool { low > high || low == high && (isLowOpen || isHighOpen) }

    /// The range including its ends.
    var closed: NumberInterval { NumberInterval(between: low, and: min(high, .greatestFiniteMagnitude)) }

    mutating func raiseLow(to bound: Double, isOpen: Bool) {
        guard bound > low || bound == low && isOpen else { return }
        (low, isLowOpen) = (bound, isOpen)
    }

    mutating func lowerHigh(to bound: Double, isOpen: Bool) {
        guard bound < high || bound == high && isOpen else { return }
        (high, isHighOpen) = (bound, isOpen)
    }

    /// Restricts the range to whole numbers.
    mutating func makeWhole() {
        if low.isFinite {
            low = isLowOpen ? low.rounded(.down) + 1 : low.rounded(.up)
            isLowOpen = false
        }
        if high.isFinite {
            high = isHighOpen ? high.rounded(.up) - 1 : high.rounded(.down)
            isHighOpen = false
        }
    }
}

extension LawfulRange {
    static let ratio = LawfulRange(low: 0, high: 1)
    /// Of durations, seconds: longer spans are rejected.
    static let time = LawfulRange(low: 0, high: Double(TimeLimits.longestSpan) / 1e9)
}
