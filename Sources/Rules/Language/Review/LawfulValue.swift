/// What values of conditions can be at all, and what they are to each other.
struct LawfulRange: Equatable {
    var low: Double
    var high: Double
    /// Whether the ends themselves are left out.
    var isLowOpen = false
    var isHighOpen = false

    var isEmpty: Bool { low > high || low == high && (isLowOpen || isHighOpen) }

    /// With its ends, whether they are in it or not.
    var closed: PossibleNumber { PossibleNumber(between: low, and: min(high, .greatestFiniteMagnitude)) }

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

extension Measure {
    /// What it can be where there are spans; without any it is nothing, but for `seen`.
    var lawfulRange: LawfulRange {
        switch self {
        case .errorRatio, .share: LawfulRange(low: 0, high: 1)
        // Where all are bad.
        case .burnRate(let rate): LawfulRange(low: 0, high: 1 / rate.budget)
        case .rate: LawfulRange(low: 0, high: .infinity, isLowOpen: true)
        // A count is at least 1; but `count >= 1` is how people say that there have to be any.
        case .quantile, .mean, .max, .count, .errors, .seen, .duration, .slowdown, .selfQuantile, .selfMean, .selfMax,
            .time:
            LawfulRange(low: 0, high: .infinity)
        }
    }

    var isWhole: Bool { [.count, .errors, .seen].contains(self) }

    /// Whether it is never above another measure of the same spans.
    func isNeverAbove(_ other: Measure) -> Bool {
        switch (self, other) {
        case (.quantile(let lower), .quantile(let upper)), (.selfQuantile(let lower), .selfQuantile(let upper)):
            lower.fraction <= upper.fraction
        case (.quantile, .max), (.mean, .max), (.selfQuantile, .selfMax), (.selfMean, .selfMax): true
        // Where there is a count, it is what was seen.
        case (.errors, .count), (.errors, .seen), (.count, .seen), (.seen, .count): true
        default: false
        }
    }
}

extension WindowValue {
    /// Whether it is never above another value, whatever the spans.
    func isNeverAbove(_ other: WindowValue) -> Bool {
        self != other && offset == other.offset && measure.isNeverAbove(other.measure)
    }
}
