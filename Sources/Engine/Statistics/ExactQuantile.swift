/// Exact nearest-rank quantiles: the bucket that holds the rank is known from the first scan; a second scan collects
/// the durations of the wanted buckets only, and the rank is selected inside.
enum ExactQuantile {
    static func statistics(
        of selections: [Selection], in table: LatencyTable, slots: [SlotView]
    ) -> [[LatencyStatistics]] {
        var results: [[LatencyStatistics]] = []
        var collectors = Collectors(table)
        for (number, selection) in selections.enumerated() {
            results.append(
                (0..<selection.groupCount).map { _ in LatencyStatistics() })
            let members = linesOfGroups(selection, in: table)
            for group in 0..<selection.groupCount {
                results[number][group] = totals(of: members[group], in: table)
                guard results[number][group].count > 0 else { continue }
                results[number][group].quantiles = selection.quantiles.map { _ in 0 }
                collectors.want(
                    selection.quantiles, of: members[group], count: results[number][group].count,
                    selection: number, group: group)
            }
        }
        collectors.collect(slots)
        for wanted in collectors.select() {
            results[wanted.selection][wanted.group].quantiles[wanted.quantile] = wanted.value
        }
        return results
    }

    private static func linesOfGroups(_ selection: Selection, in table: LatencyTable) -> [[Int]] {
        var lines = [[Int]](repeating: [], count: selection.groupCount)
        for (series, group) in selection.groupOfSeries.enumerated() where group >= 0 {
            if series < table.lineOfSeries.count { lines[Int(group)].append(Int(table.lineOfSeries[series])) }
        }
        return lines
    }

    private static func totals(of members: [Int], in table: LatencyTable) -> LatencyStatistics {
        var statistics = LatencyStatistics()
        for line in members {
            statistics.count += table.counts[line]
            statistics.errors += table.errors[line]
            statistics.sum += table.sums[line]
            statistics.max = max(statistics.max, table.maxima[line])
        }
        return statistics
    }

    /// The 1-based rank of a quantile among `count` values: ceil(q·n), within 1...n.
    static func rank(_ quantile: Double, of count: Int) -> Int {
        // Two steps down first: 0.07 × 100 is a little more than 7 in doubles.
        let exact = (quantile * Double(count)).nextDown.nextDown.rounded(.up)
        guard exact >= 1 else { return 1 }
        return exact >= Double(count) ? count : Int(exact)
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
    /// By cell of the table: its first link plus one; 0 where nothing is wanted.
    private var firstLink: [Int32]
    private var links: [Link] = []
    private var durations: [[Int64]] = []
    private var wishes: [Wish] = []

    init(_ table: LatencyTable) {
        self.table = table
        firstLink = Array(repeating: 0, count: table.cells.count)
    }

    /// Notes which buckets hold the quantiles of a group of `count` spans.
    mutating func want(_ quantiles: [Double], of members: [Int], count: Int, selection: Int, group: Int) {
        let members = members.filter { table.counts[$0] > 0 }
        let order = quantiles.indices.sorted { quantiles[$0] < quantiles[$1] }
        var before = 0
        var bucket = -1
        var inBucket = 0
        var collector = -1
        for quantile in order {
            let rank = ExactQuantile.rank(quantiles[quantile], of: count)
            while before + inBucket < rank, bucket + 1 < table.width {
                before += inBucket
                bucket += 1
                inBucket = members.reduce(0) { $0 + Int(table.cells[$1 * table.width + bucket]) }
                collector = -1
            }
            if collector < 0 { collector = addCollector(members, bucket: bucket, capacity: inBucket) }
            wishes.append(
                Wish(
                    collector: collector, rank: rank - before - 1, selection: selection, group: group,
                    quantile: quantile))
        }
    }

    private mutating func addCollector(_ members: [Int], bucket: Int, capacity: Int) -> Int {
        let collector = durations.count
        durations.append([])
        durations[collector].reserveCapacity(capacity)
        for line in members where table.cells[line * table.width + bucket] > 0 {
            let cell = line * table.width + bucket
            links.append(Link(collector: collector, next: firstLink[cell]))
            firstLink[cell] = Int32(truncatingIfNeeded: links.count)
        }
        return collector
    }

    mutating func collect(_ slots: [SlotView]) {
        guard !wishes.isEmpty else { return }
        let scope = LineScope(population: table.population, range: table.range, lineOfSeries: table.lineOfSeries)
        scope.forEachRow(of: slots) { columns, row, line in
            var link = firstLink[line &* table.width &+ Int(columns.bucket[row]) &- table.bucketMin]
            while link != 0 {
                let target = links[Int(link) &- 1]
                durations[target.collector].append(columns.duration[row])
                link = target.next
            }
        }
    }

    mutating func select() -> [Found] {
        wishes.map { wish in
            Found(
                selection: wish.selection, group: wish.group, quantile: wish.quantile,
                value: Self.select(&durations[wish.collector], rank: wish.rank))
        }
    }

    /// The value of a 0-based rank: quickselect around the middle value of three, which partly sorts the array.
    private static func select(_ values: inout [Int64], rank: Int) -> Int64 {
        var low = 0
        var high = values.count - 1
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
