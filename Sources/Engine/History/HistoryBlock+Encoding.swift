extension HistoryBlock {
    /// Encodes what a tally has counted.
    init(_ tally: SeriesTally) {
        let buckets = BucketsBySeries(tally.cells, lines: tally.lines.count)
        let failed = BucketsBySeries(tally.failedCells, lines: tally.lines.count)
        var bytes: [UInt8] = []
        var body: [UInt8] = []
        var key: UInt32 = 0
        for number in tally.lines.indices.sorted(by: { tally.lines[$0].key < tally.lines[$1].key }) {
            let line = tally.lines[number]
            body.removeAll(keepingCapacity: true)
            body.appendVarint(UInt64(line.errors))
            body.appendVarint(line.sum)
            body.appendVarint(UInt64(line.max))
            if line.errors > 0 {
                body.appendVarint(UInt64(failed.count(number)))
                failed.append(number, to: &body)
            }
            buckets.append(number, to: &body)
            bytes.appendVarint(UInt64(line.key.rawValue - key))
            bytes.appendVarint(UInt64(body.count))
            bytes += body
            key = line.key.rawValue
        }
        // Blocks are kept for days: without the room that an array has for more.
        var exact: [UInt8] = []
        exact.reserveCapacity(bytes.count)
        exact += bytes
        self.init(bytes: exact)
    }
}

/// A tally's cells, line by line and in the order of buckets.
private struct BucketsBySeries {
    /// Bucket code and count in one number each: a count has far less than 2^48.
    private var cells: [UInt64]
    private var starts: [Int]

    init(_ buckets: BucketCells, lines: Int) {
        var starts = [Int](repeating: 0, count: lines + 1)
        buckets.forEach { line, _, _ in starts[line + 1] += 1 }
        for line in 0..<lines { starts[line + 1] += starts[line] }
        var cells = [UInt64](repeating: 0, count: buckets.used)
        var next = starts
        buckets.forEach { line, code, count in
            cells[next[line]] = UInt64(code) &<< 48 | UInt64(count)
            next[line] += 1
        }
        for line in 0..<lines { cells[starts[line]..<starts[line + 1]].sort() }
        self.cells = cells
        self.starts = starts
    }

    /// How many buckets a line has.
    func count(_ line: Int) -> Int { starts[line + 1] - starts[line] }

    func append(_ line: Int, to body: inout [UInt8]) {
        var before: UInt64 = 0
        for cell in cells[starts[line]..<starts[line + 1]] {
            let (code, count) = (cell &>> 48, cell & 0xFFFF_FFFF_FFFF)
            body.appendVarint((code - before) &<< 1 | (count > 1 ? 1 : 0))
            if count > 1 { body.appendVarint(count - 2) }
            before = code
        }
    }
}

extension [UInt8] {
    fileprivate mutating func appendVarint(_ value: some FixedWidthInteger & UnsignedInteger) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
