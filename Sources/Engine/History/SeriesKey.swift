/// One series of one population in a number: what a history is ordered by.
struct SeriesKey: Hashable, Comparable, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    @inline(__always)
    init(_ population: Population, _ series: Int) {
        rawValue = UInt32(population.rawValue) &<< 16 | UInt32(truncatingIfNeeded: series) & 0xFFFF
    }

    var population: UInt8 { UInt8(truncatingIfNeeded: rawValue &>> 16) }
    var series: Int { Int(rawValue & 0xFFFF) }

    static func < (left: SeriesKey, right: SeriesKey) -> Bool { left.rawValue < right.rawValue }
}

extension Population {
    /// The number of the series that a span counts for; nil where the population leaves it out. What scans of the
    /// window know by columns (`LineScope`), for one span.
    @inline(__always)
    func series(operation: UInt16, request: UInt16, flags: SpanFlags) -> Int? {
        switch self {
        case .spans: Int(operation)
        case .requests: request > 0 && !flags.isLongRunning ? Int(request) - 1 : nil
        }
    }
}
