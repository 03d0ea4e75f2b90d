/// Exact nearest-rank quantiles: the bucket that holds the rank is known from the first scan; a second scan collects
/// the durations of the wanted buckets only, and the rank is selected inside.
enum ExactQuantile {
    static func statistics(
        of selections: [Selection], in table: LatencyTable, slots: [SlotView]
    ) -> [[LatencyStatistics]] {
        var results: [[LatencyStatistics]] = []
        var collectors = Collectors(table)
        for (number, selection) in selections.enumerated() {
            let groups = linesOfGroups(selection, in: table)
            results.append(
                groups.enumerated().map { group, members in
                    let histogram = GroupHistogram(members, in: table)
                    guard histogram.count > 0 else { return LatencyStatistics() }
                    // The maximum is the last quantile.
                    collectors.want(selection.quantiles + [1], of: histogram, selection: number, group: group)
                    var statistics = LatencyStatistics()
                    statistics.count = histogram.count
                    statistics.errors = members.reduce(0) { $0 + table.errors[$1] }
                    statistics.sum = members.reduce(0) { $0 + table.sums[$1] }
                    statistics.quantiles = selection.quantiles.map { _ in 0 }
                    return statistics
                })
        }
        collectors.collect(slots)
        for wanted in collectors.select() {
            let isMaximum = wanted.quantile == selections[wanted.selection].quantiles.count
            if isMaximum {
                results[wanted.selection][wanted.group].max = wanted.value
            } else {
                results[wanted.selection][wanted.group].quantiles[wanted.quantile] = wanted.value
            }
        }
        return results
    }

    private static func linesOfGroups(_ selection: Selection, in table: LatencyTable) -> [[Int]] {
        var lines = [[Int]](repeating: [], count: selection.groupCount)
        for (series, group) in selection.groupOfSeries.enumerated()
        where group >= 0 && series < table.lines.lineOfSeries.count {
            lines[Int(group)].append(Int(table.lines.lineOfSeries[series]))
        }
        return lines
    }

    /// The 1-based rank of a quantile among `count` values: ceil(q·n), within 1...n.
    static func rank(_ quantile: Double, of count: Int) -> Int {
        // Two steps down first: 0.07 × 100 is a little more than 7 in doubles.
        let exact = (quantile * Double(count)).nextDown.nextDown.rounded(.up)
        guard exact >= 1 else { return 1 }
        return exact >= Double(count) ? count : Int(exact)
    }
}

/// The spans of a group by latency bucket.
private struct GroupHistogram {
    /// The lines of the table that the group is made of.
    let members: [Int]
    let counts: [UInt32]
    let count: Int

    init(_ members: [Int], in table: LatencyTable) {
        self.members = members
        // Most groups are of one line: its counts as they are.
        var counts = members.first.map { Array(table.cells(of: $0)) } ?? []
        for member in members.dropFirst() {
            let cells = table.cells(of: member)
            for (bucket, cell) in zip(counts.indices, cells) { counts[bucket] &+= cell }
        }
        self.counts = counts
        count = counts.reduce(0) { $0 &+ Int($1) }
    }
}

/// The durations that the second scan gathers, one collector for each (group, bucket) that a quantile falls in.
private struct Collectors {
    private struct Wish {
        var collector: Int
        /// 0-based rank among the collector's durations.
        var rank: Int
        var selection: Int
        var group: Int
        var quantile: Int
    }

    private struct Link {
        var collector: Int
        /// The next link of the same cell, plus one; 0 ends the chain.
        var next: Int32
    }

    struct Found {
        var selection: Int
        var group: Int
        var quantile: Int
        var value: Int64
    }

    private let table: LatencyTable
    /// One bit for each cell of the table: whether anything of it is wanted. Few are, and the second scan asks this of
    /// every row.
    private var wanted: [UInt64]
    /// By cell of the table: its first link plus one; 0 where nothing is wanted.
    private var firstLink: [Int32]
    private var links: [Link] = []
    private var wishes: [Wish] = []
    /// The collectors one behind the other: how many durations each will hold is known from the first scan.
    private var durations: [Int64] = []
    private var places: [Range<Int>] = []
    private var next: [Int] = []

    init(_ table: LatencyTable) {
        self.table = table
        wanted = Array(repeating: 0, count: table.cells.count / 64 + 1)
        firstLink = Array(repeating: 0, count: table.cells.count)
    }

    /// Notes which buckets hold the quantiles of a group.
    mutating func want(_ quantiles: [Double], of histogram: GroupHistogram, selection: Int, group: Int) {
        let order = quantiles.indices.sorted { quantiles[$0] < quantiles[$1] }
        var before = 0
        var bucket = 0
        var collector = -1
        for quantile in order {
            let rank = ExactQuantile.rank(quantiles[quantile], of: histogram.count)
            while before + Int(histogram.counts[bucket]) < rank {
                before += Int(histogram.counts[bucket])
                bucket += 1
                collector = -1
            }
            if collector < 0 { collector = addCollector(histogram, bucket: bucket) }
            wishes.append(
                Wish(
                    collector: collector, rank: rank - before - 1, selection: selection, group: group,
                    quantile: quantile))
        }
    }

    private mutating func addCollector(_ histogram: GroupHistogram, bucket: Int) -> Int {
        let collector = places.count
        let start = places.last?.upperBound ?? 0
        places.append(start..<start + Int(histogram.counts[bucket]))
        next.append(start)
        for line in histogram.members {
            let cell = line * table.width + bucket
            guard table.cells[cell] > 0 else { continue }
            links.append(Link(collector: collector, next: firstLink[cell]))
            firstLink[cell] = Int32(truncatingIfNeeded: links.count)
            wanted[cell / 64] |= 1 << UInt64(cell % 64)
        }
        return collector
    }

    mutating func collect(_ slots: [SlotView]) {
        guard let end = places.last?.upperBound else { return }
        durations = Array(repeating: 0, count: end)
        table.lines.forEachBlock(of: slots) { gather($0) }
    }

    @inline(__always)
    private mutating func gather(_ rows: borrowing MeasuredRows) {
        let (width, first, shift) = (table.width, table.columnMin, table.shift)
        for row in rows.lines.indices where rows.lines[row] >= 0 {
            let cell = Int(rows.lines[row]) &* width &+ Int(rows.buckets[row] &>> shift) &- first
            if wanted[cell &>> 6] &>> UInt64(cell & 63) & 1 == 1 { keep(rows.durations[row], of: cell) }
        }
    }

    @inline(never)
    private mutating func keep(_ duration: Int64, of cell: Int) {
        var link = firstLink[cell]
        while link != 0 {
            let target = links[Int(link) &- 1]
            durations[next[target.collector]] = duration
            next[target.collector] &+= 1
            link = target.next
        }
    }

    mutating func select() -> [Found] {
        wishes.map { wish in
            Found(
                selection: wish.selection, group: wish.group, quantile: wish.quantile,
                value: Self.select(&durations, within: places[wish.collector], rank: wish.rank))
        }
    }

    /// The value of a 0-based rank within a range: quickselect around the middle value of three, which partly sorts it.
    private static func select(_ values: inout [Int64], within range: Range<Int>, rank: Int) -> Int64 {
        let rank = range.lowerBound + rank
        var low = range.lowerBound
        var high = range.upperBound - 1
        while high - low > 16 {
            let pivot = middle(values[low], values[(low + high) / 2], values[high])
            var left = low
            var right = high
            while left <= right {
                while values[left] < pivot { left += 1 }
                while values[right] > pivot { right -= 1 }
                if left <= right {
                    values.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if rank <= right {
                high = right
            } else if rank >= left {
                low = left
            } else {
                return values[rank]
            }
        }
        values[low...high].sort()
        return values[rank]
    }

    private static func middle(_ a: Int64, _ b: Int64, _ c: Int64) -> Int64 {
        max(min(a, b), min(max(a, b), c))
    }
}
