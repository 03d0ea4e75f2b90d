/// Time of attributed requests since the start, by request series and component, for the scrape.
package struct ComponentTotals: Sendable {
    /// By series of `Population.parts`, nanoseconds.
    package private(set) var sums: [Int128] = []
    /// Requests attributed.
    package private(set) var requestCount = 0

    var byteCount: Int { sums.capacity * MemoryLayout<Int128>.stride }

    mutating func add(_ attribution: SlotAttribution) {
        requestCount += attribution.requests.count
        add(attribution.parts)
    }

    private mutating func add(_ parts: borrowing RequestParts) {
        let series = parts.series.span(0..<parts.count)
        let durations = parts.durations.span(0..<parts.count)
        var last = -1
        for part in 0..<parts.count { last = max(last, Int(series[part])) }
        if sums.count <= last { sums += Array(repeating: 0, count: last + 1 - sums.count) }
        var sums = sums.mutableSpan
        for part in 0..<parts.count { sums[Int(series[part])] &+= Int128(durations[part]) }
    }
}
