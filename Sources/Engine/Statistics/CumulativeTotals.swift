import Support

/// Counts since the start, for the scrape: each series' spans, failures, total duration and classic buckets.
package struct CumulativeTotals: Sendable {
    /// One series' counts.
    package struct Series: Sendable {
        package var count = 0
        package var errors = 0
        /// Nanoseconds.
        package var sum = 0.0
        /// Spans by classic bucket, not cumulative; the last bucket is above all bounds.
        package var buckets = InlineArray<17, Int>(repeating: 0)
        /// The latest span end, including long-running spans; Unix nanoseconds.
        package var lastEnd = Int64.min
    }

    package private(set) var operations: [Series] = []
    /// Excludes long-running requests. Each counts once, when its slot has been attributed for good.
    package private(set) var requests: [Series] = []
    /// The earliest start and the latest end of all spans, Unix nanoseconds.
    package private(set) var firstStart = Int64.max
    package private(set) var lastEnd = Int64.min
    package private(set) var firstEnd = Int64.max

    private let bounds = ClassicBuckets.shared

    mutating func reserve(operations operationCount: Int, requests requestCount: Int) {
        while operations.count < operationCount { operations.append(Series()) }
        while requests.count < requestCount { requests.append(Series()) }
    }

    /// - Parameter isFinal: whether the span will not be attributed, so that a request counts as it is.
    @inline(__always)
    mutating func count(_ row: SpanRow, bucket: UInt16, isFinal: Bool) {
        let classic = bounds.index(row.duration, code: bucket)
        let isError = row.flags.isError
        let end = row.start &+ row.duration
        firstStart = min(firstStart, row.start)
        firstEnd = min(firstEnd, end)
        lastEnd = max(lastEnd, end)
        let operation = Int(row.operation)
        operations[operation].lastEnd = max(operations[operation].lastEnd, end)
        Self.count(&operations[operation], row.duration, classic, isError)
        guard row.request > 0 else { return }
        let request = Int(row.request) - 1
        requests[request].lastEnd = max(requests[request].lastEnd, end)
        if isFinal, !row.flags.isLongRunning { Self.count(&requests[request], row.duration, classic, isError) }
    }

    /// Counts the requests of a slot: those that it was attributed with, and those of other rows.
    mutating func countRequests(_ slot: SlotView) {
        let rows = SlotRows(slot)
        let (attribution, rest) = rows.attributedRequests ?? (nil, rows)
        if let attribution { count(attribution.durations) }
        rest.forEachBlock { columns, _, rows in
            for row in rows where columns.request[row] > 0 {
                let flags = SpanFlags(rawValue: columns.flags[row])
                guard !flags.isLongRunning else { continue }
                let duration = columns.duration[row]
                Self.count(
                    &requests[Int(columns.request[row]) - 1], duration,
                    bounds.index(duration, code: columns.bucket[row]), flags.isError)
            }
        }
    }

    private mutating func count(_ durations: borrowing RequestDurations) {
        for request in 0..<durations.count {
            let duration = durations.durations[request]
            Self.count(
                &requests[Int(durations.series[request])], duration,
                bounds.index(duration, code: durations.buckets[request]),
                SpanFlags(rawValue: durations.flags[request]).isError)
        }
    }

    /// Resets the series whose names were forgotten.
    mutating func forget(operations unusedOperations: [Int], requests unusedRequests: [Int]) {
        for number in unusedOperations { operations[number] = Series() }
        for number in unusedRequests { requests[number] = Series() }
    }

    @inline(__always)
    private static func count(_ series: inout Series, _ duration: Int64, _ classic: Int, _ isError: Bool) {
        series.count += 1
        if isError { series.errors += 1 }
        series.sum += Double(duration)
        series.buckets[classic] += 1
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
