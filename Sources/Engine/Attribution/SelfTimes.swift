/// By row of a slot what its span took itself, without what is below it.
struct SelfTimes: ~Copyable, Sendable {
    let count: Int
    /// Nanoseconds, or `none`. One more than there are rows: the last is written for spans of other slots.
    let durations: Column<Int64>
    /// No self time of a span with children is shorter, nanoseconds.
    private(set) var least = Int64.max

    /// Stands for the self time of spans whose self time says nothing: watches and what is below them, and
    /// `authentication` spans that nothing ties to their request.
    static let none: Int64 = -1

    /// Room for those of so many rows, all of which are to be set.
    init(rows: Int) {
        count = rows
        durations = Column(capacity: rows + 1)
    }

    var byteCount: Int { durations.capacity * MemoryLayout<Int64>.stride }

    /// Of some row, which was attributed; nil where it says nothing.
    @inline(__always)
    subscript(row: Int) -> Int64? {
        let duration = durations[row]
        return duration >= 0 ? duration : nil
    }

    /// Sets that of a span which is alone in its trace.
    @inline(__always)
    func set(_ span: TraceSpan, isAuthentication: Bool) {
        durations[span.row] = span.flags.isLongRunning || isAuthentication ? Self.none : span.duration
    }

    /// Says that a span's self time says nothing.
    func remove(row: Int) {
        durations[row] = Self.none
    }

    /// Takes note that none of some spans is shorter.
    @inline(__always)
    mutating func hasAtLeast(_ duration: Int64) {
        least = min(least, duration)
    }
}
