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

    /// Calls `body` with the line of each failed row.
    @inline(__always)
    func forEachError(_ body: (_ line: Int) -> Void) {
        guard places.isEmpty else {
            for row in lines.indices where flags[Int(places[row])] & SpanFlags.error != 0 { body(Int(lines[row])) }
            return
        }
        // Most runs of eight rows have no error.
        let everyError = UInt64(SpanFlags.error) &* 0x0101_0101_0101_0101
        var row = 0
        while row &+ 8 <= flags.count {
            var errors = everyError & flags.eight(from: row)
            while errors != 0 {
                body(Int(lines[row &+ errors.trailingZeroBitCount &>> 3]))
                errors &= errors &- 1
            }
            row &+= 8
        }
        for row in row..<flags.count where flags[row] & SpanFlags.error != 0 { body(Int(lines[row])) }
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
