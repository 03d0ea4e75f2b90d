import Engine

extension Condition {
    /// What the condition says of a group; one possibility if all readings are exact.
    package func judge(_ readings: Readings) -> PossibleTruth {
        if isShortOfSpans(readings) { return .noData }
        var truth = flatExpression.truth(readings)
        let ranges = readings.ranges.span
        for (_, range) in minimumCounts where ranges[range].tally == nil { truth.insert(.noData) }
        return truth
    }

    /// Whether a minimum count is not met, so that nothing else matters.
    func isShortOfSpans(_ readings: Readings) -> Bool {
        // A silence that ended did so however little is known of the time before it.
        if !seenConjuncts.isEmpty, seenConjuncts.contains(where: { $0.truth(readings) == .fails }) { return false }
        let ranges = readings.ranges.span
        for (minimum, range) in minimumCounts {
            if let tally = ranges[range].tally, !minimum.isMet(by: tally.count) { return true }
        }
        return false
    }

    /// The value that an alert of this condition reports.
    package func subjectValue(_ readings: Readings) -> PossibleNumber {
        flatSubject.number(readings)
    }
}
