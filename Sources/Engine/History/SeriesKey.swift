/// One series of one population in a number: what a history is ordered by.
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

    var population: UInt8 { UInt8(truncatingIfNeeded: rawValue &>> Self.seriesBits) }
    var series: Int { Int(rawValue & Self.seriesMask) }

    /// Parts of requests have the most series: 65,535 times the components.
    private static let seriesBits: UInt32 = 24
    private static let seriesMask: UInt32 = 1 << seriesBits - 1

    static func < (left: SeriesKey, right: SeriesKey) -> Bool { left.rawValue < right.rawValue }
}

extension Population {
    /// The number of the series that a span counts for as it arrives; nil where the population leaves it out. What
    /// scans of the window know by columns (`SeriesScope`), for one span.
    @inline(__always)
    func series(operation: UInt16, request: UInt16, flags: SpanFlags) -> Int? {
        switch self {
        case .spans: Int(operation)
        case .requests: request > 0 && !flags.isLongRunning ? Int(request) - 1 : nil
        case .selfTimes, .parts: nil
        }
    }
}
