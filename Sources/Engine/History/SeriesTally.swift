/// Counts the spans of a stretch of time by series and latency bucket, before they are encoded. Reused for the next
/// stretch, so that its tables needn't be rebuilt.
struct SeriesTally: Sendable {
    /// Counts of a series besides its buckets.
    struct Series: Sendable {
        let key: SeriesKey
        var errors = 0
        /// Nanoseconds; wide, since hostile spans would overflow 64 bits.
        var sum: UInt128 = 0
        /// Nanoseconds.
        var max: Int64 = 0
    }

    private(set) var series: [Series] = []
    private(set) var cells = BucketCells()
    /// Failed spans only.
    private(set) var failedCells = BucketCells()
    /// The index in `series` by population and series number; -1 for none.
    private var indexOfSeries = [[Int32]](repeating: [], count: SeriesKey.populationCount)

    @inline(__always)
    mutating func add(_ key: SeriesKey, bucket: UInt16, duration: Int64, isError: Bool) {
        let index = index(of: key)
        cells.add(series: index, code: bucket, count: 1)
        series[index].sum += UInt128(UInt64(bitPattern: duration))
        if duration > series[index].max { series[index].max = duration }
        if isError {
            series[index].errors += 1
            failedCells.add(series: index, code: bucket, count: 1)
        }
    }

    /// Adds the counts of a block.
    mutating func add(_ block: HistoryBlock) {
        block.forEachSeries { _ in
            true
        } body: { read in
            let index = index(of: read.key)
            series[index].errors += read.errors
            series[index].sum += read.sum
            series[index].max = max(series[index].max, read.max)
            for (code, count) in zip(read.codes, read.counts) { cells.add(series: index, code: code, count: count) }
            for (code, count) in zip(read.failedCodes, read.failedCounts) {
                failedCells.add(series: index, code: code, count: count)
            }
        }
    }

    mutating func removeAll() {
        for counted in series { indexOfSeries[Int(counted.key.population)][counted.key.series] = -1 }
        series.removeAll(keepingCapacity: true)
        cells.removeAll()
        failedCells.removeAll()
    }

    @inline(__always)
    private mutating func index(of key: SeriesKey) -> Int {
        let (population, series) = (Int(key.population), key.series)
        if series < indexOfSeries[population].count {
            let index = indexOfSeries[population][series]
            if index >= 0 { return Int(index) }
        }
        return addSeries(key)
    }

    @inline(never)
    private mutating func addSeries(_ key: SeriesKey) -> Int {
        let population = Int(key.population)
        let missing = key.series + 1 - indexOfSeries[population].count
        if missing > 0 { indexOfSeries[population].append(contentsOf: repeatElement(-1, count: missing)) }
        indexOfSeries[population][key.series] = Int32(truncatingIfNeeded: series.count)
        series.append(Series(key: key))
        return series.count - 1
    }
}

extension SeriesTally {
    /// Adds the spans of a slot to their series of a population.
    ///
    /// - Parameters:
    ///   - range: counts only spans that end in it; nil counts all.
    ///   - wanted: by series number, whether it is counted; nil counts all.
    mutating func add(_ slot: SlotView, _ population: Population, within range: TimeRange?, wanted: [Bool]?) {
        let range = range.flatMap { $0.covers(slot) ? nil : $0 }
        switch population {
        case .spans: addSpans(of: SlotRows(slot), population, within: range, wanted: wanted)
        case .requests: addRequests(of: slot, within: range, wanted: wanted)
        case .selfTimes: addSelfTimes(of: slot, within: range, wanted: wanted)
        case .parts: addParts(of: slot, within: range, wanted: wanted)
        }
    }

    /// Adds the rows that a slot's summary lacks.
    mutating func add(_ rest: SlotRows, _ population: Population, wanted: [Bool]) {
        addSpans(of: rest, population, within: nil, wanted: wanted)
    }

    /// Adds the API server's own work on the requests of an attributed slot. Only the buckets of its durations are known.
    mutating func addOwnWork(of slot: SlotView) {
        for request in slot.attribution?.requests ?? [] {
            let series = Int(request.series)
            let scopes: [OwnWork.Scope] = request.reachesEtcd ? [.all] : [.all, .withoutEtcd]
            for scope in scopes {
                add(SeriesKey(scope, series), bucket: request.ownBucket, duration: 0, isError: false)
            }
        }
    }

    private mutating func add(_ counts: SeriesCounts, _ population: Population, wanted: [Bool]?) {
        for position in counts.series.indices {
            let counted = counts.series[position]
            if let wanted, !wanted[counted.number] { continue }
            let index = index(of: SeriesKey(population, counted.number))
            series[index].errors += counted.tally.errors
            series[index].sum += UInt128(counted.tally.sum)
            series[index].max = max(series[index].max, counted.max)
            let (all, failed) = (counts.cells(position), counts.failedCells(position))
            for cell in all.indices { cells.add(series: index, code: all[cell].code, count: Int(all[cell].count)) }
            for cell in failed.indices {
                failedCells.add(series: index, code: failed[cell].code, count: Int(failed[cell].count))
            }
        }
    }

    private mutating func addRequests(of slot: SlotView, within range: TimeRange?, wanted: [Bool]?) {
        let rows = SlotRows(slot)
        guard slot.attributionSummary == nil || range != nil, let (attribution, rest) = rows.attributedRequests,
            let attribution
        else { return addSpans(of: rows, .requests, within: range, wanted: wanted) }
        for request in 0..<attribution.durations.count {
            let series = Int(attribution.durations.series[request])
            guard wanted?[series] ?? true else { continue }
            if let range, !range.contains(attribution.end(ofRequest: request, in: slot)) { continue }
            add(
                SeriesKey(.requests, series), bucket: attribution.durations.buckets[request],
                duration: attribution.durations.durations[request],
                isError: SpanFlags(rawValue: attribution.durations.flags[request]).isError)
        }
        addSpans(of: rest, .requests, within: range, wanted: wanted)
    }

    private mutating func addSpans(
        of all: SlotRows, _ population: Population, within range: TimeRange?, wanted: [Bool]?
    ) {
        var rows = all
        if range == nil, let (counts, rest) = rows.summarized(population) {
            add(counts, population, wanted: wanted)
            rows = rest
        }
        rows.forEachBlock { columns, _, rows in
            for row in rows {
                let flags = SpanFlags(rawValue: columns.flags[row])
                guard
                    let series = population.series(
                        operation: columns.operation[row], request: columns.request[row], flags: flags)
                else { continue }
                if let wanted, !wanted[series] { continue }
                let duration = columns.duration[row]
                if let range, !range.contains(columns.start[row] &+ duration) { continue }
                add(
                    SeriesKey(population, series), bucket: columns.bucket[row], duration: duration,
                    isError: flags.isError)
            }
        }
    }

    private mutating func addSelfTimes(of slot: SlotView, within range: TimeRange?, wanted: [Bool]?) {
        guard let attribution = slot.attribution else { return }
        if range == nil, let counts = slot.attributionSummary?.selfTimes {
            return add(counts, .selfTimes, wanted: wanted)
        }
        SlotRows(slot).forEachBlock { columns, start, rows in
            for row in rows where row + start < attribution.rowCount {
                let series = Int(columns.operation[row])
                guard let duration = attribution.selfTimes[row + start], wanted?[series] ?? true else { continue }
                if let range, !range.contains(columns.start[row] &+ columns.duration[row]) { continue }
                add(
                    SeriesKey(.selfTimes, series), bucket: LatencyBucket.shared.code(duration), duration: duration,
                    isError: SpanFlags(rawValue: columns.flags[row]).isError)
            }
        }
    }

    private mutating func addParts(of slot: SlotView, within range: TimeRange?, wanted: [Bool]?) {
        guard let attribution = slot.attribution else { return }
        if range == nil, let counts = slot.attributionSummary?.parts { return add(counts, .parts, wanted: wanted) }
        for part in 0..<attribution.parts.count {
            let series = Int(attribution.parts.series[part])
            guard wanted?[series] ?? true else { continue }
            if let range, !range.contains(attribution.end(ofPart: part, in: slot)) { continue }
            add(
                SeriesKey(.parts, series), bucket: attribution.parts.buckets[part],
                duration: attribution.parts.durations[part],
                isError: SpanFlags(rawValue: attribution.parts.flags[part]).isError)
        }
    }
}

/// A series of a population as one number, the sort key of a history.
struct SeriesKey: Hashable, Comparable, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    @inline(__always)
    init(_ population: Population, _ series: Int) {
        rawValue =
            UInt32(population.rawValue) &<< Self.seriesBits | UInt32(truncatingIfNeeded: series) & Self.seriesMask
    }

    /// The API server's own work on requests, by request. It is counted like a population, but no rule asks for it.
    init(_ work: OwnWork.Scope, _ series: Int) {
        rawValue = UInt32(work.population) &<< Self.seriesBits | UInt32(truncatingIfNeeded: series) & Self.seriesMask
    }

    /// `Population`, or what `OwnWork.Scope` adds to these.
    var population: UInt8 { UInt8(truncatingIfNeeded: rawValue &>> Self.seriesBits) }
    static let populationCount = Population.allCases.count + OwnWork.Scope.allCases.count

    var series: Int { Int(rawValue & Self.seriesMask) }

    /// Request parts have the most series: 65,535 times the components.
    private static let seriesBits: UInt32 = 24
    private static let seriesMask: UInt32 = 1 << seriesBits - 1

    static func < (left: SeriesKey, right: SeriesKey) -> Bool { left.rawValue < right.rawValue }
}

extension OwnWork.Scope {
    /// What keys call it: numbers after those of `Population`.
    var population: UInt8 { UInt8(Population.allCases.count) + rawValue }
}

extension Population {
    /// The series that a span counts for on arrival; nil if the population excludes it. `SeriesScope` does the same for
    /// whole columns.
    @inline(__always)
    func series(operation: UInt16, request: UInt16, flags: SpanFlags) -> Int? {
        switch self {
        case .spans: Int(operation)
        case .requests: request > 0 && !flags.isLongRunning ? Int(request) - 1 : nil
        case .selfTimes, .parts: nil
        }
    }
}

/// Counts by series and latency bucket, in an open-addressing table with one cell per pair in use. A series has spans in
/// a few dozen of the 4,034 buckets at a time.
struct BucketCells: Sendable {
    private var keys: [UInt32]
    private var counts: [Int]
    private(set) var used = 0
    /// Seeded because clients choose durations, and could choose colliding ones.
    private let seed = ByteHash.seed

    private static let free = UInt32.max
    private static let cellsMin = 256

    init() {
        keys = Array(repeating: Self.free, count: Self.cellsMin)
        counts = Array(repeating: 0, count: Self.cellsMin)
    }

    /// - Parameter series: below 2^20.
    @inline(__always)
    mutating func add(series: Int, code: UInt16, count: Int) {
        let key = UInt32(truncatingIfNeeded: series) &<< 12 | UInt32(code)
        let cell = find(key)
        counts[cell] += count
        if keys[cell] != key { fill(cell, key) }
    }

    /// Calls `body` with each pair in use, in no particular order.
    func forEach(_ body: (_ series: Int, _ code: UInt16, _ count: Int) -> Void) {
        for cell in keys.indices where keys[cell] != Self.free {
            body(Int(keys[cell] &>> 12), UInt16(keys[cell] & 0xFFF), counts[cell])
        }
    }

    mutating func removeAll() {
        guard used > 0 else { return }
        used = 0
        for cell in keys.indices {
            keys[cell] = Self.free
            counts[cell] = 0
        }
    }

    @inline(__always)
    private func find(_ key: UInt32) -> Int {
        let mask = keys.count - 1
        var cell = Int(truncatingIfNeeded: ByteHash.mix(UInt64(key), seed)) & mask
        while keys[cell] != key, keys[cell] != Self.free { cell = (cell + 1) & mask }
        return cell
    }

    @inline(never)
    private mutating func fill(_ cell: Int, _ key: UInt32) {
        keys[cell] = key
        used += 1
        if used * 2 > keys.count { grow() }
    }

    private mutating func grow() {
        let (oldKeys, oldCounts) = (keys, counts)
        keys = Array(repeating: Self.free, count: oldKeys.count * 2)
        counts = Array(repeating: 0, count: oldKeys.count * 2)
        for old in oldKeys.indices where oldKeys[old] != Self.free {
            let cell = find(oldKeys[old])
            keys[cell] = oldKeys[old]
            counts[cell] = oldCounts[old]
        }
    }
}
