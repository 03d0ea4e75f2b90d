import Support

/// The series of some stretch of time, encoded in a few dozen bytes each; immutable.
///
/// The series follow one another in the order of their keys. All numbers are varints (seven bits per byte, lowest
/// first, the high bit set on all but the last):
///
/// | | |
/// |---|---|
/// | key | minus the key of the series before |
/// | length | bytes that follow, for skipping a series |
/// | errors, sum, max | sum and maximum of durations in nanoseconds |
/// | failed | only if there are errors: the number of buckets of failed spans, then these buckets as below |
/// | for each bucket in use, rising | its code minus the one before, doubled, plus 1 if a count follows |
/// | its count | minus 2; left out for a count of 1 |
///
/// So a bucket of one span takes one byte. The number of spans isn't stored: it is the sum of the counts.
struct HistoryBlock: Equatable, Sendable {
    let bytes: [UInt8]

    /// Bytes, including those of the array and of the reference to it.
    var byteCount: Int { bytes.count + Self.overhead }

    private static let overhead = 56
}

/// One series of a block.
struct SeriesReading {
    fileprivate(set) var key = SeriesKey(rawValue: 0)
    fileprivate(set) var count = 0
    fileprivate(set) var errors = 0
    fileprivate(set) var sum: UInt128 = 0
    fileprivate(set) var max: Int64 = 0
    /// The buckets in use, rising, and the number of spans in each.
    fileprivate(set) var codes: [UInt16] = []
    fileprivate(set) var counts: [Int] = []
    /// The same for failed spans only.
    fileprivate(set) var failedCodes: [UInt16] = []
    fileprivate(set) var failedCounts: [Int] = []
}

extension HistoryBlock {
    /// Calls `body` with the wanted series, in the order of keys.
    @inline(__always)
    func forEachSeries(where isWanted: (SeriesKey) -> Bool, body: (SeriesReading) -> Void) {
        var reading = SeriesReading()
        var offset = 0
        var key: UInt32 = 0
        while offset < bytes.count {
            key &+= UInt32(truncatingIfNeeded: varint(&offset))
            let length = Int(varint(&offset))
            let end = offset + length
            if isWanted(SeriesKey(rawValue: key)) {
                reading.key = SeriesKey(rawValue: key)
                read(offset..<end, into: &reading)
                body(reading)
            }
            offset = end
        }
    }

    @inline(never)
    private func read(_ range: Range<Int>, into reading: inout SeriesReading) {
        var offset = range.lowerBound
        reading.errors = Int(varint(&offset))
        reading.sum = wideVarint(&offset)
        reading.max = Int64(varint(&offset))
        reading.count = 0
        reading.codes.removeAll(keepingCapacity: true)
        reading.counts.removeAll(keepingCapacity: true)
        reading.failedCodes.removeAll(keepingCapacity: true)
        reading.failedCounts.removeAll(keepingCapacity: true)
        var code: UInt64 = 0
        if reading.errors > 0 {
            for _ in 0..<varint(&offset) {
                let count = bucket(&code, &offset)
                reading.failedCodes.append(UInt16(code))
                reading.failedCounts.append(count)
            }
        }
        code = 0
        while offset < range.upperBound {
            let count = bucket(&code, &offset)
            reading.codes.append(UInt16(code))
            reading.counts.append(count)
            reading.count += count
        }
    }

    /// Advances to the next bucket and returns its count.
    @inline(__always)
    private func bucket(_ code: inout UInt64, _ offset: inout Int) -> Int {
        let step = varint(&offset)
        code &+= step &>> 1
        return step & 1 == 0 ? 1 : Int(varint(&offset)) + 2
    }

    /// Unlike `VarintReader` it doesn't check: a block's bytes are our own, or `init(checking:)` has read all of them.
    @inline(__always)
    private func varint(_ offset: inout Int) -> UInt64 {
        let first = bytes[offset]
        offset += 1
        if first < 0x80 { return UInt64(first) }
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while true {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    private func wideVarint(_ offset: inout Int) -> UInt128 {
        var value: UInt128 = 0
        var shift: UInt128 = 0
        while true {
            let byte = bytes[offset]
            offset += 1
            value |= UInt128(byte & 0x7F) &<< shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }
}

extension HistoryBlock {
    /// Takes bytes that another process encoded, if that is what they are.
    init(checking bytes: [UInt8]) throws(VarintReader.MalformedError) {
        var reader = VarintReader(bytes)
        var key: UInt32 = 0
        while !reader.isAtEnd {
            let (next, isTooLarge) = key.addingReportingOverflow(try reader.number(UInt32.self))
            guard !isTooLarge, next > key || key == 0 else { throw VarintReader.MalformedError() }
            key = next
            try Self.checkSeries(VarintReader(try reader.counted()))
        }
        self.init(bytes: bytes)
    }

    private static func checkSeries(_ reader: consuming VarintReader) throws(VarintReader.MalformedError) {
        let errors = try reader.number(UInt32.self)
        guard try reader.number(UInt128.self) <= UInt128(Int128.max) else { throw VarintReader.MalformedError() }
        guard try reader.number() <= UInt64(Int64.max) else { throw VarintReader.MalformedError() }
        if errors > 0 {
            var buckets = BucketCheck()
            for _ in 0..<(try reader.count()) { try buckets.next(&reader) }
        }
        var buckets = BucketCheck()
        while !reader.isAtEnd { try buckets.next(&reader) }
    }

    /// Reads the buckets of a series one after the other.
    private struct BucketCheck {
        private var code = 0
        private var spans: UInt32 = 0

        mutating func next(_ reader: inout VarintReader) throws(VarintReader.MalformedError) {
            let step = try reader.number(UInt16.self)
            code += Int(step >> 1)
            let count = step & 1 == 0 ? 1 : try reader.number(UInt32.self).addingReportingOverflow(2).partialValue
            let (sum, isTooLarge) = spans.addingReportingOverflow(count)
            guard code < LatencyBucket.codeCount, !isTooLarge else { throw VarintReader.MalformedError() }
            spans = sum
        }
    }
}

extension HistoryBlock {
    /// Encodes the counts of a tally.
    init(_ tally: SeriesTally) {
        let buckets = BucketsBySeries(tally.cells, seriesCount: tally.series.count)
        let failed = BucketsBySeries(tally.failedCells, seriesCount: tally.series.count)
        var bytes: [UInt8] = []
        var body: [UInt8] = []
        var key: UInt32 = 0
        for number in tally.series.indices.sorted(by: { tally.series[$0].key < tally.series[$1].key }) {
            let series = tally.series[number]
            body.removeAll(keepingCapacity: true)
            body.appendVarint(UInt64(series.errors))
            body.appendVarint(series.sum)
            body.appendVarint(UInt64(series.max))
            if series.errors > 0 {
                body.appendVarint(UInt64(failed.count(number)))
                failed.append(number, to: &body)
            }
            buckets.append(number, to: &body)
            bytes.appendVarint(UInt64(series.key.rawValue - key))
            bytes.appendVarint(UInt64(body.count))
            bytes += body
            key = series.key.rawValue
        }
        // Blocks are kept for days, so drop the array's spare capacity.
        var exact: [UInt8] = []
        exact.reserveCapacity(bytes.count)
        exact += bytes
        self.init(bytes: exact)
    }
}

/// A tally's cells, series by series, in the order of buckets.
private struct BucketsBySeries {
    /// Bucket code and count in one number: a count is far below 2^48.
    private var cells: [UInt64]
    private var starts: [Int]

    init(_ buckets: BucketCells, seriesCount: Int) {
        var starts = [Int](repeating: 0, count: seriesCount + 1)
        buckets.forEach { series, _, _ in starts[series + 1] += 1 }
        for series in 0..<seriesCount { starts[series + 1] += starts[series] }
        var cells = [UInt64](repeating: 0, count: buckets.used)
        var next = starts
        buckets.forEach { series, code, count in
            cells[next[series]] = UInt64(code) &<< 48 | UInt64(count)
            next[series] += 1
        }
        for series in 0..<seriesCount { cells[starts[series]..<starts[series + 1]].sort() }
        self.cells = cells
        self.starts = starts
    }

    /// The number of buckets of a series.
    func count(_ series: Int) -> Int { starts[series + 1] - starts[series] }

    func append(_ series: Int, to body: inout [UInt8]) {
        var before: UInt64 = 0
        for cell in cells[starts[series]..<starts[series + 1]] {
            let (code, count) = (cell &>> 48, cell & 0xFFFF_FFFF_FFFF)
            body.appendVarint((code - before) &<< 1 | (count > 1 ? 1 : 0))
            if count > 1 { body.appendVarint(count - 2) }
            before = code
        }
    }
}
