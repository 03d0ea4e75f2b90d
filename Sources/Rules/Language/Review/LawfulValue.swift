/// What values of conditions can be at all, and what they are to each other.
struct LawfulRange: Equatable {
    var low: Double
    var high: Double
    /// Whether the ends themselves are left out.
    var isLowOpen = false
    var isHighOpen = false

    var isEmpty: Bool { low > high || low == high && (isLowOpen || isHighOpen) }

    /// With its ends, whether they are in it or not.
    var closed: NumberInterval { NumberInterval(between: low, and: min(high, .greatestFiniteMagnitude)) }

    mutating func raiseLow(to bound: Double, isOpen: Bool) {
        guard bound > low || bound == low && isOpen else { return }
        (low, isLowOpen) = (bound, isOpen)
    }

    mutating func lowerHigh(to bound: Double, isOpen: Bool) {
        guard bound < high || bound == high && isOpen else { return }
        (high, isHighOpen) = (bound, isOpen)
    }

    /// Leaves whole numbers alone.
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

extension WindowValue {
    /// Whether it is never above another value, whatever the spans.
    func isNeverAbove(_ other: WindowValue) -> Bool {
        self != other && offset == other.offset && measure.isNeverAbove(other.measure)
    }
}
