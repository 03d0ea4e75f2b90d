/// Time of attributed requests since the start, by request series and component, for the scrape.
package struct ComponentTotals: Sendable {
    /// By series of `Population.parts`, nanoseconds.
    package private(set) var sums: [Int128] = []
    /// Requests attributed.
    package private(set) var requestCount = 0
    /// Of the names that the sums are of.
    private var births = NameBirths()

    /// Whether the sums of a request series are those of the name that it has in a view.
    package func isOf(_ request: Int, in view: WindowView) -> Bool {
        request < view.requests.count && births[request] == view.requestBirths[request]
    }

    /// Begins anew for series that have other names in a view than they had.
    mutating func follow(_ view: WindowView) {
        for request in view.requestBirths.changed(since: births) {
            let parts = Population.part(of: request, Component(0))..<Population.part(of: request + 1, Component(0))
            for part in parts.clamped(to: 0..<sums.count) { sums[part] = 0 }
        }
        births = view.requestBirths
    }

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
