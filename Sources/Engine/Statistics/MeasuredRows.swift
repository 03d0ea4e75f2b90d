/// The rows of a block that a scan covers, and their measurements.
struct MeasuredRows: ~Escapable {
    /// The table line of each row.
    let lines: Span<UInt16>
    /// The place of each row in the columns below; empty if the rows are all rows of the block, in order.
    let places: Span<UInt16>
    /// Codes of `LatencyBucket`.
    let buckets: Span<UInt16>
    /// Nanoseconds, never negative.
    let durations: Span<Int64>
    /// `SpanFlags`.
    let flags: Span<UInt8>

    @inline(__always)
    @_lifetime(copy lines, copy places, copy buckets, copy durations, copy flags)
    init(
        lines: Span<UInt16>, places: Span<UInt16>, buckets: Span<UInt16>, durations: Span<Int64>, flags: Span<UInt8>
    ) {
        precondition(lines.count == (places.isEmpty ? buckets.count : places.count))
        precondition(durations.count == buckets.count && flags.count == buckets.count)
        self.lines = lines
        self.places = places
        self.buckets = buckets
        self.durations = durations
        self.flags = flags
    }

    /// Calls `body` with the line of each row, its place in the columns, and its table cell.
    @inline(__always)
    func forEach(in columns: LatencyColumns, _ body: (_ line: Int, _ place: Int, _ cell: Int) -> Void) {
        let (lines, places, buckets) = (lines, places, buckets)
        let (width, shift, count) = (columns.count, columns.shift, lines.count)
        // The common case has a loop of its own, which is a third shorter.
        if places.isEmpty && shift == 0 {
            // Checked once for all rows.
            precondition(count == buckets.count && count == durations.count)
            for row in 0..<count {
                let line = Int(lines[row])
                body(line, row, line &* width &+ Int(buckets[row]))
            }
        } else {
            for row in 0..<count {
                let line = Int(lines[row])
                let place = places.isEmpty ? row : Int(places[row])
                body(line, place, line &* width &+ Int(buckets[place] &>> shift))
            }
        }
    }

    /// Calls `body` with the line of each row and its place in the columns.
    @inline(__always)
    func forEach(_ body: (_ line: Int, _ place: Int) -> Void) {
        let (lines, places) = (lines, places)
        if places.isEmpty {
            for row in lines.indices { body(Int(lines[row]), row) }
        } else {
            for row in lines.indices { body(Int(lines[row]), Int(places[row])) }
        }
    }

    /// Calls `body` with the line of each failed row and its place in the columns.
    @inline(__always)
    func forEachError(_ body: (_ line: Int, _ place: Int) -> Void) {
        guard places.isEmpty else {
            for row in lines.indices where flags[Int(places[row])] & SpanFlags.error != 0 {
                body(Int(lines[row]), Int(places[row]))
            }
            return
        }
        // Most runs of eight rows have no error.
        let everyError = UInt64(SpanFlags.error) &* 0x0101_0101_0101_0101
        var row = 0
        while row &+ 8 <= flags.count {
            var errors = everyError & flags.eight(from: row)
            while errors != 0 {
                let place = row &+ errors.trailingZeroBitCount &>> 3
                body(Int(lines[place]), place)
                errors &= errors &- 1
            }
            row &+= 8
        }
        for row in row..<flags.count where flags[row] & SpanFlags.error != 0 { body(Int(lines[row]), row) }
    }
}

// MARK: Ahead of the loops

extension MeasuredRows {
    /// Loads the columns into the cache at full memory speed, ahead of loops that would otherwise wait page by page.
    /// The preconditions use the values read, so that the compiler can't drop the reads.
    @inline(__always)
    func fetch(lineCount: Int, withDurations: Bool) {
        // Listed rows may be few, and their lines have just been written.
        guard places.isEmpty else { return }
        precondition(Int(lines.someOfEachCacheLine()) >> (Int.bitWidth - (lineCount - 1).leadingZeroBitCount) == 0)
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
