import Support

/// Counts since the start, for the scrape: each series' spans, failures, total duration and buckets.
package struct CumulativeTotals: Sendable {
    /// One series' counts.
    package struct Series: Sendable {
        package var count = 0
        package var errors = 0
        /// Nanoseconds.
        package var sum = 0.0
        /// Spans by classic bucket, not cumulative; the last bucket is above all bounds.
        package var buckets = InlineArray<17, Int>(repeating: 0)
        package var native = NativeCounts()
        /// The latest span end, including long-running spans; Unix nanoseconds.
        var lastEnd = Int64.min
    }

    package private(set) var operations: [Series] = []
    /// Without long-running requests. Each counts once, when its slot has been attributed for good.
    package private(set) var requests: [Series] = []
    /// Times of operations without those of their children. Each counts once, when its slot has been attributed for good.
    package private(set) var selfTimes: [Series] = []
    /// The earliest start and the latest end of all spans, Unix nanoseconds.
    package private(set) var firstStart = Int64.max
    package private(set) var lastEnd = Int64.min
    package private(set) var firstEnd = Int64.max

    private let bounds = ClassicBuckets.shared
    private let isScraped: Bool

    /// - Parameter isScraped: whether anything reads native buckets and self times.
    init(isScraped: Bool) {
        self.isScraped = isScraped
    }

    mutating func reserve(operations operationCount: Int, requests requestCount: Int) {
        while operations.count < operationCount { operations.append(Series()) }
        while selfTimes.count < operationCount { selfTimes.append(Series()) }
        while requests.count < requestCount { requests.append(Series()) }
    }

    /// - Parameter isFinal: whether the span will not be attributed, so that a request counts as it is.
    @inline(__always)
    mutating func count(_ row: SpanRow, bucket: UInt16, isFinal: Bool) {
        let isError = row.flags.isError
        let end = row.start &+ row.duration
        firstStart = min(firstStart, row.start)
        firstEnd = min(firstEnd, end)
        lastEnd = max(lastEnd, end)
        let operation = Int(row.operation)
        operations[operation].lastEnd = max(operations[operation].lastEnd, end)
        let classic = bounds.index(row.duration, code: bucket)
        operations[operation].count(
            row.duration, code: bucket, classic: classic, isError: isError, isScraped: isScraped)
        guard row.request > 0 else { return }
        let request = Int(row.request) - 1
        requests[request].lastEnd = max(requests[request].lastEnd, end)
        if isFinal, !row.flags.isLongRunning {
            requests[request].count(
                row.duration, code: bucket, classic: classic, isError: isError, isScraped: isScraped)
        }
    }

    /// Counts the requests and self times of a slot: those of its attribution, and requests of other rows.
    mutating func countSettled(_ slot: SlotView) {
        let rows = SlotRows(slot)
        let (attribution, rest) = rows.attributedRequests ?? (nil, rows)
        if let attribution { count(attribution.durations) }
        if isScraped, let attribution = slot.attribution { countSelfTimes(attribution, of: slot) }
        rest.forEachBlock { columns, _, rows in
            for row in rows where columns.request[row] > 0 {
                let flags = SpanFlags(rawValue: columns.flags[row])
                guard !flags.isLongRunning else { continue }
                let (duration, code) = (columns.duration[row], columns.bucket[row])
                requests[Int(columns.request[row]) - 1].count(
                    duration, code: code, classic: bounds.index(duration, code: code), isError: flags.isError,
                    isScraped: isScraped)
            }
        }
    }

    private mutating func count(_ durations: borrowing RequestDurations) {
        for request in 0..<durations.count {
            let (duration, code) = (durations.durations[request], durations.buckets[request])
            requests[Int(durations.series[request])].count(
                duration, code: code, classic: bounds.index(duration, code: code),
                isError: SpanFlags(rawValue: durations.flags[request]).isError, isScraped: isScraped)
        }
    }

    private mutating func countSelfTimes(_ attribution: SlotAttribution, of slot: SlotView) {
        let buckets = LatencyBucket.shared
        SlotRows(slot).forEachBlock { columns, start, rows in
            for row in rows where start + row < attribution.rowCount {
                guard let duration = attribution.selfTimes[start + row] else { continue }
                let code = buckets.code(duration)
                selfTimes[Int(columns.operation[row])].count(
                    duration, code: code, classic: bounds.index(duration, code: code),
                    isError: SpanFlags(rawValue: columns.flags[row]).isError, isScraped: isScraped)
            }
        }
    }

    /// Resets the series whose names were forgotten.
    mutating func forget(operations unusedOperations: [Int], requests unusedRequests: [Int]) {
        for number in unusedOperations {
            operations[number] = Series()
            selfTimes[number] = Series()
        }
        for number in unusedRequests { requests[number] = Series() }
    }
}

extension CumulativeTotals.Series {
    /// - Parameters:
    ///   - duration: nanoseconds.
    ///   - code: of its latency bucket.
    ///   - classic: the index of its classic bucket.
    @inline(__always)
    fileprivate mutating func count(
        _ duration: Int64, code: UInt16, classic: Int, isError: Bool, isScraped: Bool
    ) {
        count += 1
        if isError { errors += 1 }
        sum += Double(duration)
        buckets[classic] += 1
        if isScraped { native.count(code: code) }
    }
}

/// The classic histogram's upper bounds. They include the thresholds that people alert on: etcd's 150 ms, the API
/// server's 1, 5 and 30 s.
package struct ClassicBuckets: Sendable {
    package static let shared = ClassicBuckets()

    /// Nanoseconds, ascending.
    package let bounds: [Int64] = [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        150_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000,
        10_000_000_000, 30_000_000_000,
    ]
    /// The classic bucket of the smallest duration in each latency bucket.
    private let firstGuess: [UInt8]

    private init() {
        var guesses: [UInt8] = []
        for code in 0..<LatencyBucket.codeCount {
            let smallest = code == 0 ? 0 : LatencyBucket.shared.upperBound(code - 1).addingSaturating(1)
            guesses.append(UInt8(bounds.firstIndex { smallest <= $0 } ?? bounds.count))
        }
        firstGuess = guesses
    }

    /// The bucket of a duration (nanoseconds), given its latency bucket code.
    @inline(__always)
    func index(_ duration: Int64, code: UInt16) -> Int {
        let guess = Int(firstGuess[Int(code)])
        return guess < bounds.count && duration > bounds[guess] ? guess + 1 : guess
    }
}
