/// The rows of a block that a scan covers. Listed without branches, since which rows match can't be predicted.
struct RowList {
    private var seriesIndices = Scratch<UInt16>()
    private var rowIndices = Scratch<UInt16>()
    /// `LatencyBucket` codes by row, from `findBuckets(of:)`.
    private var buckets = Scratch<UInt16>()
    private(set) var count = 0

    /// Lists the rows whose value has a series in the scope and for which `isCounted` is true.
    @inline(__always)
    mutating func fill<Value: FixedWidthInteger & BitwiseCopyable>(
        _ values: Span<Value>, _ indexOfValue: Span<UInt16>, _ isCounted: (Int) -> Bool
    ) {
        count = Self.fill(&seriesIndices, &rowIndices, values, indexOfValue, isCounted)
    }

    /// Computes the buckets of the listed rows, for durations without a bucket column.
    mutating func findBuckets(of durations: Span<Int64>) {
        let codes = LatencyBucket.shared
        // A copy that shares the storage: otherwise `buckets` couldn't be written while `rowIndices` is read.
        let copy = rowIndices
        let rowIndices = copy.elements(count)
        var buckets = buckets.room(for: durations.count)
        for index in rowIndices.indices {
            let rowIndex = Int(rowIndices[index])
            buckets[rowIndex] = codes.code(durations[rowIndex])
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
                seriesIndices: seriesIndices.elements(count), rowIndices: rowIndices.elements(count),
                buckets: buckets, durations: durations, flags: flags))
    }

    @inline(__always)
    mutating func keep(_ isKept: (Int) -> Bool) {
        count = Self.keep(&seriesIndices, &rowIndices, count, isKept)
    }

    /// Gives each listed row another index of its series; those with `SeriesScope.noSeries` are no longer listed.
    @inline(__always)
    mutating func assign(_ indexOf: (Int) -> UInt16) {
        count = Self.assign(&seriesIndices, &rowIndices, count, indexOf)
    }

    @inline(__always)
    private static func fill<Value: FixedWidthInteger & BitwiseCopyable>(
        _ seriesIndices: inout Scratch<UInt16>, _ rowIndices: inout Scratch<UInt16>, _ values: Span<Value>,
        _ indexOfValue: Span<UInt16>,
        _ isCounted: (Int) -> Bool
    ) -> Int {
        var seriesIndices = seriesIndices.room(for: values.count)
        var rowIndices = rowIndices.room(for: values.count)
        var end = 0
        for row in values.indices {
            rowIndices[end] = UInt16(truncatingIfNeeded: row)
            end &+= indexOfValue[Int(values[row])] != SeriesScope.noSeries && isCounted(row) ? 1 : 0
        }
        for index in 0..<end { seriesIndices[index] = indexOfValue[Int(values[Int(rowIndices[index])])] }
        return end
    }

    @inline(__always)
    private static func keep(
        _ seriesIndices: inout Scratch<UInt16>, _ rowIndices: inout Scratch<UInt16>, _ count: Int,
        _ isKept: (Int) -> Bool
    ) -> Int {
        var seriesIndices = seriesIndices.room(for: count)
        var rowIndices = rowIndices.room(for: count)
        var end = 0
        for row in 0..<count {
            let rowIndex = rowIndices[row]
            seriesIndices[end] = seriesIndices[row]
            rowIndices[end] = rowIndex
            end &+= isKept(Int(rowIndex)) ? 1 : 0
        }
        return end
    }

    @inline(__always)
    private static func assign(
        _ seriesIndices: inout Scratch<UInt16>, _ rowIndices: inout Scratch<UInt16>, _ count: Int,
        _ indexOf: (Int) -> UInt16
    ) -> Int {
        var seriesIndices = seriesIndices.room(for: count)
        var rowIndices = rowIndices.room(for: count)
        var end = 0
        for row in 0..<count {
            let rowIndex = rowIndices[row]
            let index = indexOf(Int(rowIndex))
            seriesIndices[end] = index
            rowIndices[end] = rowIndex
            end &+= index == SeriesScope.noSeries ? 0 : 1
        }
        return end
    }
}
