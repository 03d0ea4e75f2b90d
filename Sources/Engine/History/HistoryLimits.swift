/// What bounds a history.
package struct HistoryLimits: Equatable, Sendable {
    /// How far back hours are kept, nanoseconds, from the latest arrival. Four days: burn rates look back three.
    package var duration: Int64
    /// Bytes of all minutes and hours. Over it the minutes of the oldest hours go first, which leaves those hours whole;
    /// where hours alone take half of it, the oldest hour.
    package var bytesMax: Int
    /// Whether what goes counts still, in one last block: a replay's report is about all that came.
    package var keepsSum = true

    package init(duration: Int64 = 345_600_000_000_000, bytesMax: Int = 64 << 20) {
        self.duration = duration
        self.bytesMax = bytesMax
    }
}
