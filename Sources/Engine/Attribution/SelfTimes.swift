/// The self time of each row of a slot.
struct SelfTimes: ~Copyable, Sendable {
    let count: Int
    /// Nanoseconds, or `none`. The extra last element takes writes for spans of other slots.
    let durations: Column<Int64>
    /// No span with children has a shorter self time, nanoseconds.
    private(set) var least = Int64.max

    /// Marks a self time that is meaningless: of watches and everything below them, and of `authentication` spans that
    /// aren't tied to a request.
    static let none: Int64 = -1

    /// Makes room for `rows` self times, all of which have to be set.
    init(rows: Int) {
        count = rows
        durations = Column(capacity: rows + 1)
    }

    var byteCount: Int { durations.capacity * MemoryLayout<Int64>.stride }

    /// The self time of an attributed row; nil if it is meaningless.
    @inline(__always)
    subscript(row: Int) -> Int64? {
        let duration = durations[row]
        return duration >= 0 ? duration : nil
    }

    /// Sets the self time of a span that is alone in its trace.
    @inline(__always)
    func set(_ span: TraceSpan, isAuthentication: Bool) {
        durations[span.row] = span.flags.isLongRunning || isAuthentication ? Self.none : span.duration
    }

    /// Marks a self time as meaningless.
    func remove(row: Int) {
        durations[row] = Self.none
    }

    /// Records a lower bound of self times.
    @inline(__always)
    mutating func hasAtLeast(_ duration: Int64) {
        least = min(least, duration)
    }
}
