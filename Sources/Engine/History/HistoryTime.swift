import Support

/// Minutes and hours since the epoch, the history's units of time.
enum HistoryTime {
    /// Nanoseconds.
    static let minuteWidth: Int64 = 60_000_000_000
    static let minutesPerHour: Int64 = 60

    /// The minute of a time (Unix nanoseconds).
    @inline(__always)
    static func minute(of time: Int64) -> Int64 {
        time / minuteWidth - (time % minuteWidth < 0 ? 1 : 0)
    }

    /// The hour of a minute.
    static func hour(of minute: Int64) -> Int64 {
        minute / minutesPerHour - (minute % minutesPerHour < 0 ? 1 : 0)
    }

    /// The start of a minute, Unix nanoseconds.
    static func start(ofMinute minute: Int64) -> Int64 {
        minute.multipliedSaturating(by: minuteWidth)
    }
}

/// The minutes that start within a range of time. So a range of n minutes has n of them, wherever it begins.
struct MinuteRange {
    let first: Int64
    /// The first minute after the range.
    let end: Int64

    /// A half-open range, Unix nanoseconds.
    init(from: Int64, to: Int64) {
        first = Self.firstMinute(from: from)
        end = max(first, Self.firstMinute(from: to))
    }

    func contains(_ minute: Int64) -> Bool { minute >= first && minute < end }

    /// Whether all minutes of an hour are in the range.
    func covers(hour: Int64) -> Bool {
        let start = hour * HistoryTime.minutesPerHour
        return start >= first && start + HistoryTime.minutesPerHour <= end
    }

    private static func firstMinute(from time: Int64) -> Int64 {
        let minute = HistoryTime.minute(of: time)
        return HistoryTime.start(ofMinute: minute) == time ? minute : minute + 1
    }
}
