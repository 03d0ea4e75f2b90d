import Engine
import Support

// Questions whose answer is a row of steps.

extension QueryParameter {
    private static let longest: Int64 = 86_400_000_000_000

    static let step = QueryParameter("step", "step is a duration from 1s to 1d, such as 15s") {
        DurationText.parse($0).map { (1_000_000_000...longest).contains($0) } ?? false
    }
}

extension Query {
    private static let stepsMax: Int64 = 1_500
    /// What a chart can show; if no step is given, there are at most this many.
    private static let stepsUsual: Int64 = 240
    private static let usualSteps: [Int64] = [5, 15, 30, 60, 300, 900, 3_600, 21_600, 86_400].map { $0 * 1_000_000_000 }

    /// The steps over the range.
    ///
    /// - Parameter view: where the range begins if that was left open.
    func steps(of view: WindowView) throws(QueryError) -> StepGrid {
        let range = range.resolved(oldest: view.slots.first?.start)
        let length = max(range.upperBound - range.lowerBound, 0)
        let usual = Self.usualSteps.first { length / $0 <= Self.stepsUsual }
        let step = self[.step].flatMap { DurationText.parse($0) } ?? usual ?? Self.usualSteps[8]
        guard length / step <= Self.stepsMax else {
            let least = Self.usualSteps.first { length / $0 <= Self.stepsMax } ?? Self.usualSteps[8]
            throw QueryError(
                message:
                    "step=\(DurationText.format(step)) makes \(length / step) steps of this range, but there may be "
                    + "\(Self.stepsMax) at most; take a step of \(DurationText.format(least)) or a shorter range")
        }
        return StepGrid(range, step: step)
    }
}
