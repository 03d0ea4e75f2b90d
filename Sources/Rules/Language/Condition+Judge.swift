import Engine

extension Condition {
    /// What the condition says of a group; one possibility if all values are exact.
    package func judge(_ values: EvaluationInputs) -> TernarySet {
        if isShortOfSpans(values) { return .noData }
        var truth = flatExpression.truth(values)
        let ranges = values.ranges.span
        for (_, range) in minimumCounts where ranges[range].tally == nil { truth.insert(.noData) }
        return truth
    }

    /// Whether a minimum count is not met, so that nothing else matters.
    func isShortOfSpans(_ values: EvaluationInputs) -> Bool {
        // A silence that ended did so however little is known of the time before it.
        if !seenConjuncts.isEmpty, seenConjuncts.contains(where: { $0.truth(values) == .fails }) { return false }
        let ranges = values.ranges.span
        for (minimum, range) in minimumCounts {
            if let tally = ranges[range].tally, !minimum.isMet(by: tally.count) { return true }
        }
        return false
    }

    /// The value that an alert of this condition reports.
    package func subjectValue(_ values: EvaluationInputs) -> NumberInterval {
        flatSubject.number(values)
    }
}
