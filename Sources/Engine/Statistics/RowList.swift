/// The rows of a block that a scan covers. Listed without branches, since which rows match can't be predicted.
struct RowList {
    private var lines = Scratch<UInt16>()
    private var places = Scratch<UInt16>()
    /// `LatencyBucket` codes by place, from `findBuckets(of:)`.
    private var buckets = Scratch<UInt16>()
    private(set) var count = 0

    /// Lists the rows whose value has a line and for which `isCounted` is true.
    @inline(__always)
    mutating func fill<Value: FixedWidthInteger & BitwiseCopyable>(
        _ values: Span<Value>, _ indexOfValue: Span<UInt16>, _ isCounted: (Int) -> Bool
    ) {
        count = Self.fill(&lines, &places, values, indexOfValue, isCounted)
    }

    /// Computes the buckets of the listed rows, for durations without a bucket column.
    mutating func findBuckets(of durations: Span<Int64>) {
        let codes = LatencyBucket.shared
        // A copy that shares the storage: otherwise `buckets` couldn't be written while `places` is read.
        let copy = places
        let places = copy.elements(count)
        var buckets = buckets.room(for: durations.count)
        for index in places.indices {
            let place = Int(places[index])
            buckets[place] = codes.code(durations[place])
        }
    }

    /// Passes the listed rows to `body` with the buckets computed last.
    @inline(__always)
    func hand(to body: (borrowing MeasuredRows) -> Void, _ durations: Span<Int64>, _ flags: Span<UInt8>) {
        hand(to: body, buckets.elements(durations.count), durations, flags)
    }

    /// Passes the listed rows to `body`, if there are any.
    @inline(__always)
    func hand(
        to body: (borrowing MeasuredRows) -> Void, _ buckets: Span<UInt16>, _ durations: Span<Int64>,
        _ flags: Span<UInt8>
    ) {
        guard count > 0 else { return }
        body(
            MeasuredRows(
                lines: lines.elements(count), places: places.elements(count),
                buckets: buckets, durations: durations, flags: flags))
    }

    @inline(__always)
    mutating func keep(_ isKept: (Int) -> Bool) {
        count = Self.keep(&lines, &places, count, isKept)
    }

    @inline(__always)
    private static func fill<Value: FixedWidthInteger & BitwiseCopyable>(
        _ lines: inout Scratch<UInt16>, _ places: inout Scratch<UInt16>, _ values: Span<Value>,
        _ indexOfValue: Span<UInt16>,
        _ isCounted: (Int) -> Bool
    ) -> Int {
        var lines = lines.room(for: values.count)
        var places = places.room(for: values.count)
        var end = 0
        for row in values.indices {
            places[end] = UInt16(truncatingIfNeeded: row)
            end &+= indexOfValue[Int(values[row])] != SeriesScope.noLine && isCounted(row) ? 1 : 0
        }
        for index in 0..<end { lines[index] = indexOfValue[Int(values[Int(places[index])])] }
        return end
    }

    @inline(__always)
    private static func keep(
        _ lines: inout Scratch<UInt16>, _ places: inout Scratch<UInt16>, _ count: Int, _ isKept: (Int) -> Bool
    ) -> Int {
        var lines = lines.room(for: count)
        var places = places.room(for: count)
        var end = 0
        for row in 0..<count {
            let place = places[row]
            lines[end] = lines[row]
            places[end] = place
            end &+= isKept(Int(place)) ? 1 : 0
        }
        return end
    }
}
