import Support

/// How fast a service uses up its error budget: the ratio of bad spans, those that failed or took longer than a
/// threshold, by the ratio that the objective allows. 1 uses the budget up just by the end of the objective's period.
package struct BurnRate: Hashable, Sendable {
    /// The N of `N%`: above 0 and below 100, with up to six decimals.
    package var objectivePercent: String
    /// What the objective allows to be bad, 0...1.
    package var budget: Double
    /// Nanoseconds.
    package var threshold: Int64
    /// The length of its window, nanoseconds.
    package var over: Int64

    /// nil where the objective is none.
    package init?(objectivePercent: String, threshold: Int64, over: Int64) {
        guard let budget = Self.budget(objectivePercent) else { return nil }
        self.objectivePercent = objectivePercent
        self.budget = budget
        self.threshold = threshold
        self.over = over
    }

    /// 100 % less the objective, by whole numbers: 1 − 0.999 is a little more than 0.001 in doubles.
    private static func budget(_ percent: String) -> Double? {
        let parts = percent.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : ""
        guard let whole = parts.first, !whole.isEmpty, whole.count <= 2, decimals.count <= 6,
            let digits = Int(whole + decimals)
        else { return nil }
        let all = (0..<decimals.count).reduce(100) { power, _ in power * 10 }
        guard digits > 0, digits < all else { return nil }
        return Double("\(all - digits)e-\(decimals.count + 2)")
    }
}

extension BurnRate: CustomStringConvertible {
    package var description: String {
        "burn_rate(\(objectivePercent)%, \(DurationText.format(threshold)), \(DurationText.format(over)))"
    }
}
