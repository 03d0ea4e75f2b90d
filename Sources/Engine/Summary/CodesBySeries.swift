/// Latency bucket codes of spans, sorted by series and code. Reuses its memory.
///
/// Counting in a table of all buckets costs more: a slot has a few spans in each of hundreds of series, scattered over an
/// octave or two.
struct CodesBySeries: Sendable {
    private struct Entry: BitwiseCopyable, Sendable {
        var seriesIndex: UInt16 = 0
        var code: UInt16 = 0
    }

    /// In the order of spans.
    private var entries: [Entry] = []
    private var count = 0
    /// The codes by series, each sorted.
    private var sorted: [UInt16] = []
    private var others: [UInt16] = []
    /// Where the codes of each series end.
    private var ends: [Int] = []
    /// How often each code occurs in the series being sorted; zero between series.
    private var occurrences: [UInt32] = []

    /// Up to this many are sorted by insertion, more by radix.
    private static let insertionMax = 24
    /// From this many on, counting them by code is faster than two passes by radix.
    private static let countedMin = 1024
    /// A code has two digits of this many bits.
    private static let digitBits: UInt16 = 6
    private static let digits = 1 << 6

    mutating func removeAll() { count = 0 }

    /// Adds codes.
    ///
    /// - Parameter body: called for each of them.
    @inline(__always)
    mutating func append(_ more: Int, _ body: (_ number: Int) -> (code: UInt16, seriesIndex: Int)) {
        makeRoom(more)
        var next = count
        var entries = entries.mutableSpan
        for number in 0..<more {
            let (code, seriesIndex) = body(number)
            entries[next] = Entry(seriesIndex: UInt16(truncatingIfNeeded: seriesIndex), code: code)
            next &+= 1
        }
        count = next
    }

    /// Adds a code.
    @inline(__always)
    mutating func append(_ code: UInt16, _ seriesIndex: Int) { append(1) { _ in (code, seriesIndex) } }

    private mutating func makeRoom(_ more: Int) {
        if entries.count < count + more {
            entries += repeatElement(Entry(), count: max(count + more - entries.count, entries.count))
        }
    }

    // MARK: Sorting

    /// Sorts the codes.
    mutating func sort(seriesCount: Int) {
        if sorted.count < count {
            sorted = Array(repeating: 0, count: entries.count)
            others = sorted
        }
        ends.removeAll(keepingCapacity: true)
        ends += repeatElement(0, count: seriesCount)
        Self.group(entries, count, &ends, &sorted)
        for seriesIndex in 0..<seriesCount { sortCodes(range(seriesIndex)) }
    }

    /// Moves codes to where those of their series are, in order of series.
    private static func group(_ entries: [Entry], _ count: Int, _ ends: inout [Int], _ sorted: inout [UInt16]) {
        let entries = entries.span.extracting(first: count)
        var ends = ends.mutableSpan
        var sorted = sorted.mutableSpan
        for index in entries.indices { ends[Int(entries[index].seriesIndex)] &+= 1 }
        var sum = 0
        for seriesIndex in ends.indices {
            let size = ends[seriesIndex]
            ends[seriesIndex] = sum
            sum &+= size
        }
        for index in entries.indices {
            let seriesIndex = Int(entries[index].seriesIndex)
            sorted[ends[seriesIndex]] = entries[index].code
            ends[seriesIndex] &+= 1
        }
    }

    private mutating func sortCodes(_ range: Range<Int>) {
        guard range.count > Self.insertionMax else { return Self.insertionSort(range, &sorted) }
        if range.count >= Self.countedMin {
            if occurrences.isEmpty { occurrences = Array(repeating: 0, count: LatencyBucket.codeCount) }
            return Self.countingSort(range, &sorted, &occurrences)
        }
        Self.radixPass(range, sorted, &others, shift: 0)
        Self.radixPass(range, others, &sorted, shift: Self.digitBits)
    }

    private static func insertionSort(_ range: Range<Int>, _ codes: inout [UInt16]) {
        var codes = codes.mutableSpan
        for index in range.dropFirst() {
            let code = codes[index]
            var free = index
            while free > range.lowerBound, codes[free &- 1] > code {
                codes[free] = codes[free &- 1]
                free &-= 1
            }
            codes[free] = code
        }
    }

    private static func countingSort(_ range: Range<Int>, _ codes: inout [UInt16], _ occurrences: inout [UInt32]) {
        var codes = codes.mutableSpan
        var occurrences = occurrences.mutableSpan
        var (least, greatest) = (UInt16.max, UInt16.min)
        for index in range {
            let code = codes[index]
            occurrences[Int(code)] &+= 1
            (least, greatest) = (min(least, code), max(greatest, code))
        }
        var next = range.lowerBound
        for code in least...greatest {
            for _ in 0..<occurrences[Int(code)] {
                codes[next] = code
                next &+= 1
            }
            occurrences[Int(code)] = 0
        }
    }

    private static func radixPass(
        _ range: Range<Int>, _ codes: [UInt16], _ others: inout [UInt16], shift: UInt16
    ) {
        let codes = codes.span
        var others = others.mutableSpan
        var begins = InlineArray<64, Int>(repeating: 0)
        for index in range { begins[Int(codes[index] &>> shift) & (digits - 1)] &+= 1 }
        var sum = range.lowerBound
        for digit in 0..<digits {
            let size = begins[digit]
            begins[digit] = sum
            sum &+= size
        }
        for index in range {
            let digit = Int(codes[index] &>> shift) & (digits - 1)
            others[begins[digit]] = codes[index]
            begins[digit] &+= 1
        }
    }

    // MARK: Reading

    /// The different codes of each series in order, and the number of spans of each. From then on `ends` says where the
    /// cells of each series end.
    mutating func takeCells() -> [SeriesCounts.Cell] {
        let empty = SeriesCounts.Cell(code: 0, count: 0)
        var cells = Array(repeating: empty, count: Self.distinctCount(sorted, ends))
        Self.collect(sorted, &ends, &cells)
        return cells
    }

    /// How many different codes the series have, together.
    private static func distinctCount(_ codes: [UInt16], _ ends: [Int]) -> Int {
        let (codes, ends) = (codes.span, ends.span)
        var (first, distinct) = (0, 0)
        for seriesIndex in ends.indices where first < ends[seriesIndex] {
            distinct &+= 1
            for index in first &+ 1..<ends[seriesIndex] { distinct &+= codes[index] == codes[index &- 1] ? 0 : 1 }
            first = ends[seriesIndex]
        }
        return distinct
    }

    private static func collect(_ codes: [UInt16], _ ends: inout [Int], _ cells: inout [SeriesCounts.Cell]) {
        let codes = codes.span
        var ends = ends.mutableSpan
        var cells = cells.mutableSpan
        var (first, cellCount) = (0, 0)
        for seriesIndex in ends.indices {
            while first < ends[seriesIndex] {
                let code = codes[first]
                var next = first &+ 1
                while next < ends[seriesIndex], codes[next] == code { next &+= 1 }
                cells[cellCount] = SeriesCounts.Cell(code: code, count: UInt32(truncatingIfNeeded: next &- first))
                cellCount &+= 1
                first = next
            }
            ends[seriesIndex] = cellCount
        }
    }

    /// The first cell of a series, once the cells were taken.
    func firstCell(_ seriesIndex: Int) -> Int { seriesIndex == 0 ? 0 : ends[seriesIndex - 1] }

    private func range(_ seriesIndex: Int) -> Range<Int> {
        (seriesIndex == 0 ? 0 : ends[seriesIndex - 1])..<ends[seriesIndex]
    }
}
