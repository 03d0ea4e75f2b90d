/// Time of attributed requests since the start, by request series and component, for the scrape.
package struct ComponentTotals: Sendable {
    /// By series of `Population.parts`, nanoseconds.
    package private(set) var sums: [Int128] = []
    /// Requests attributed.
    package private(set) var requestCount = 0

    var byteCount: Int { sums.capacity * MemoryLayout<Int128>.stride }

    mutating func add(_ attribution: SlotAttribution) {
        requestCount += attribution.requests.count
        for part in 0..<attribution.parts.count {
            let series = Int(attribution.parts.series[part])
            while sums.count <= series { sums.append(0) }
            sums[series] += Int128(attribution.parts.durations[part])
        }
    }
}
