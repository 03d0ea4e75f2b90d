import Support

/// What a range of time is made of that begins before the window: minutes of the history, of which only whole ones are known,
/// and the window, which knows each span.
///
/// Where the range cuts a minute that has left the window, it is rounded to the nearest one. So a range of whole minutes
/// before the window has as many of them wherever it begins.
struct RangeBeyond: Equatable {
    /// Of the history.
    let minutes: MinuteRange
    /// When the spans ended that count, Unix nanoseconds.
    let covered: TimeRange
    /// How long that is, relative to the range that was asked for.
    let coverage: Double
    /// The same for the window alone.
    let coverageOfWindow: Double

    /// - Parameters:
    ///   - from: Unix nanoseconds, as all times here.
    ///   - horizon: the window holds all spans that ended at this time or later.
    init(from: Int64, to: Int64, horizon: Int64) {
        let begin = Self.begin(from, horizon)
        let end: Int64
        if to >= horizon {
            // Spans for which a slot had no room are in the history too.
            minutes = MinuteRange(first: begin.minute, end: max(HistoryTime.minute(of: to - 1) + 1, begin.minute))
            end = to
        } else {
            let last = max(HistoryTime.nearestMinute(to: to), begin.minute + 1)
            minutes = MinuteRange(first: begin.minute, end: last)
            end = HistoryTime.start(ofMinute: last)
        }
        covered = TimeRange(from: begin.time, to: end)
        let length = Double(max(to.subtractingSaturating(from), 1))
        coverage = Double(end.subtractingSaturating(begin.time)) / length
        coverageOfWindow = min(Double(max(to.subtractingSaturating(max(from, horizon)), 0)) / length, 1)
    }

    /// - Returns: the first minute, and when the first spans ended.
    private static func begin(_ from: Int64, _ horizon: Int64) -> (minute: Int64, time: Int64) {
        guard from < horizon else { return (HistoryTime.firstMinute(from: from), from) }
        // The minute of which a part may still be in the window.
        let edge = HistoryTime.minute(of: horizon)
        let edgeStart = HistoryTime.start(ofMinute: edge)
        if from < edgeStart {
            let minute = min(HistoryTime.nearestMinute(to: from), edge)
            return (minute, HistoryTime.start(ofMinute: minute))
        }
        return from - edgeStart <= horizon - from ? (edge, edgeStart) : (edge + 1, horizon)
    }
}
