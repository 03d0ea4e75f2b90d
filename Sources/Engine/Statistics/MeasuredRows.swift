/// The rows of a block that a scan covers, and their measurements.
struct MeasuredRows: ~Escapable {
    /// The index of each row's series in the scope.
    let seriesIndices: Span<UInt16>
    /// The index of each row in the columns below; empty if the rows are all rows of the block, in order.
    let rowIndices: Span<UInt16>
    /// Codes of `LatencyBucket`.
    let buckets: Span<UInt16>
    /// Nanoseconds, never negative.
    let durations: Span<Int64>
    /// `SpanFlags`.
    let flags: Span<UInt8>

    @inline(__always)
    @_lifetime(copy seriesIndices, copy rowIndices, copy buckets, copy durations, copy flags)
    init(
        seriesIndices: Span<UInt16>, rowIndices: Span<UInt16>, buckets: Span<UInt16>, durations: Span<Int64>,
        flags: Span<UInt8>
    ) {
        precondition(seriesIndices.count == (rowIndices.isEmpty ? buckets.count : rowIndices.count))
        precondition(durations.count == buckets.count && flags.count == buckets.count)
        self.seriesIndices = seriesIndices
        self.rowIndices = rowIndices
        self.buckets = buckets
        self.durations = durations
        self.flags = flags
    }

    /// Calls `body` with the series index of each row, its index in the columns, and its table cell.
    @inline(__always)
    func forEach(in columns: LatencyColumns, _ body: (_ seriesIndex: Int, _ rowIndex: Int, _ cell: Int) -> Void) {
        let (seriesIndices, rowIndices, buckets) = (seriesIndices, rowIndices, buckets)
        let (width, shift, count) = (columns.count, columns.shift, seriesIndices.count)
        // The common case has a loop of its own, which is a third shorter.
        if rowIndices.isEmpty && shift == 0 {
            // Checked once for all rows.
            precondition(count == buckets.count && count == durations.count)
            for row in 0..<count {
                let seriesIndex = Int(seriesIndices[row])
                body(seriesIndex, row, seriesIndex &* width &+ Int(buckets[row]))
            }
        } else {
            for row in 0..<count {
                let seriesIndex = Int(seriesIndices[row])
                let rowIndex = rowIndices.isEmpty ? row : Int(rowIndices[row])
                body(seriesIndex, rowIndex, seriesIndex &* width &+ Int(buckets[rowIndex] &>> shift))
            }
        }
    }

    /// Calls `body` with the series index of each row and its index in the columns.
    @inline(__always)
    func forEach(_ body: (_ seriesIndex: Int, _ rowIndex: Int) -> Void) {
        let (seriesIndices, rowIndices) = (seriesIndices, rowIndices)
        if rowIndices.isEmpty {
            for row in seriesIndices.indices { body(Int(seriesIndices[row]), row) }
        } else {
            for row in seriesIndices.indices { body(Int(seriesIndices[row]), Int(rowIndices[row])) }
        }
    }

    /// Calls `body` with the series index of each failed row and its index in the columns.
    @inline(__always)
    func forEachError(_ body: (_ seriesIndex: Int, _ rowIndex: Int) -> Void) {
        guard rowIndices.isEmpty else {
            for row in seriesIndices.indices where flags[Int(rowIndices[row])] & SpanFlags.error != 0 {
                body(Int(seriesIndices[row]), Int(rowIndices[row]))
            }
            return
        }
        // Most runs of eight rows have no error.
        let everyError = UInt64(SpanFlags.error) &* 0x0101_0101_0101_0101
        var row = 0
        while row &+ 8 <= flags.count {
            var errors = everyError & flags.eight(from: row)
            while errors != 0 {
                let rowIndex = row &+ errors.trailingZeroBitCount &>> 3
                body(Int(seriesIndices[rowIndex]), rowIndex)
                errors &= errors &- 1
            }
            row &+= 8
        }
        for row in row..<flags.count where flags[row] & SpanFlags.error != 0 { body(Int(seriesIndices[row]), row) }
    }
}

// MARK: Ahead of the loops

extension MeasuredRows {
    /// Loads the columns into the cache at full memory speed, ahead of loops that would otherwise wait page by page.
    /// The preconditions use the values read, so that the compiler can't drop the reads.
    @inline(__always)
    func fetch(seriesCount: Int, withDurations: Bool) {
        // Listed rows may be few, and their series have just been written.
        guard rowIndices.isEmpty else { return }
        precondition(
            Int(seriesIndices.someOfEachCacheLine()) >> (Int.bitWidth - (seriesCount - 1).leadingZeroBitCount) == 0)
        precondition(buckets.someOfEachCacheLine() < 4096)
        if withDurations { precondition(durations.someOfEachCacheLine() >= 0) }
    }
}

extension Span where Element: FixedWidthInteger & BitwiseCopyable {
    /// The union of one element in every 64 bytes, except the last few.
    @inline(__always)
    fileprivate func someOfEachCacheLine() -> Element {
        let step = 64 / MemoryLayout<Element>.size
        var bits: (Element, Element, Element, Element) = (0, 0, 0, 0)
        var index = 0
        while index &+ 3 &* step < count {
            // In bounds by the loop condition.
            bits.0 |= unsafe self[unchecked: index]
            bits.1 |= unsafe self[unchecked: index &+ step]
            bits.2 |= unsafe self[unchecked: index &+ 2 &* step]
            bits.3 |= unsafe self[unchecked: index &+ 3 &* step]
            index &+= 4 &* step
        }
        return bits.0 | bits.1 | bits.2 | bits.3
    }
}

extension Span<UInt8> {
    /// Eight elements as a little-endian number.
    @inline(__always)
    fileprivate func eight(from index: Int) -> UInt64 {
        UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }
}
