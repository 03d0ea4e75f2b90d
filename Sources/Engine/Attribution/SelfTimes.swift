/// By row of a slot what its span took itself, without what is below it.
struct SelfTimes: ~Copyable, Sendable {
    /// Nanoseconds.
    let durations: Column<Int64>
    /// Latency bucket codes, or `SlotAttribution.noSelfTime`.
    let buckets: Column<UInt16>
    /// No self time of a span with children is in a lower bucket.
    private(set) var bucketMin = UInt16.max

    static let bytesPerRow = 8 + 2

    /// As they are of spans that have no children: their durations.
    init(_ slot: SlotView) {
        durations = Column(capacity: slot.count)
        buckets = Column(capacity: slot.count)
        var row = 0
        slot.forEachBlock { columns, rows in
            durations.copy(rows, of: columns.duration, to: row)
            buckets.copy(rows, of: columns.bucket, to: row)
            row += rows
        }
    }

    @inline(__always)
    mutating func set(_ duration: Int64, bucket: UInt16, row: Int) {
        durations[row] = duration
        buckets[row] = bucket
        bucketMin = min(bucketMin, bucket)
    }

    /// Says that a span's self time says nothing.
    @inline(__always)
    func remove(row: Int) {
        buckets[row] = SlotAttribution.noSelfTime
    }
}
