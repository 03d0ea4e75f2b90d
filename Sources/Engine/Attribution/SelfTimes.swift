/// The self time of each row of a slot.
struct SelfTimes: ~Copyable, Sendable {
    let count: Int
    /// Nanoseconds, or a negative mark. The extra last element takes writes for spans of other slots.
    let durations: Column<Int64>
    /// No span with children has a shorter self time, nanoseconds.
    private(set) var least = Int64.max

    /// Marks spans that last as long as a stream, whose self time is meaningless: watches, their clients' calls, their
    /// authentication and everything below them, and `authentication` without its request, which may be a watch.
    private static let stream: Int64 = -2
    /// Marks spans whose self time isn't known.
    private static let unknown: Int64 = -1

    /// Makes room for `rows` self times, all of which have to be set.
    init(rows: Int, from spares: SpareMemory? = nil) {
        count = rows
        durations = Column(capacity: rows + 1, from: spares)
    }

    var byteCount: Int { durations.capacity * MemoryLayout<Int64>.stride }

    /// The self time of an attributed row; nil if it is meaningless or unknown.
    @inline(__always)
    subscript(row: Int) -> Int64? {
        let duration = durations[row]
        return duration >= 0 ? duration : nil
    }

    /// Whether an attributed row lasts as long as a stream.
    @inline(__always)
    func isStream(row: Int) -> Bool { durations[row] == Self.stream }

    /// Sets the self time of a span that is alone in its trace.
    @inline(__always)
    func set(_ span: TraceSpan, isStream: Bool) {
        durations[span.row] = span.flags.isLongRunning || isStream ? Self.stream : span.duration
    }

    func markUnknown(row: Int) {
        durations[row] = Self.unknown
    }

    func set(row: Int, to duration: Int64) {
        durations[row] = duration
    }

    func markStream(row: Int) {
        durations[row] = Self.stream
    }

    /// Records a lower bound of self times.
    @inline(__always)
    mutating func hasAtLeast(_ duration: Int64) {
        least = min(least, duration)
    }
}
