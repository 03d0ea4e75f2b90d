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

    /// The first minute that starts at a time or later, Unix nanoseconds.
    static func firstMinute(from time: Int64) -> Int64 {
        let minute = minute(of: time)
        return start(ofMinute: minute) == time ? minute : minute + 1
    }

    /// The minute whose start is nearest to a time, Unix nanoseconds.
    static func nearestMinute(to time: Int64) -> Int64 { minute(of: time.addingSaturating(minuteWidth / 2)) }
}

/// Some minutes, one after the other.
struct MinuteRange: Equatable {
    let first: Int64
    /// The first minute after the range.
    let end: Int64

    func contains(_ minute: Int64) -> Bool { minute >= first && minute < end }

    /// Whether all minutes of an hour are in the range.
    func covers(hour: Int64) -> Bool {
        let start = hour * HistoryTime.minutesPerHour
        return start >= first && start + HistoryTime.minutesPerHour <= end
    }
}
