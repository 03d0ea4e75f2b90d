/// A request whose time has been divided: what each component had of it.
package struct RequestBreakdown: Sendable {
    package struct Part: Equatable, Sendable {
        package var component: Component
        /// Nanoseconds, above zero.
        package var duration: Int64
    }

    package var traceHigh: UInt64
    package var traceLow: UInt64
    package var spanID: UInt64
    /// Unix nanoseconds.
    package var start: Int64
    /// Nanoseconds: the sum of all parts.
    package var duration: Int64
    /// Its number in the view's `requests`.
    package var series: Int
    package var isError: Bool
    /// By component number.
    package var parts: [Part]

    package var end: Int64 { start + duration }

    package func duration(of component: Component) -> Int64 {
        parts.first { $0.component == component }?.duration ?? 0
    }
}

extension WindowView {
    /// Hands out the attributed requests that ended in a range of time (Unix nanoseconds), slot by slot.
    package func forEachBreakdown(from: Int64, to: Int64, _ body: (RequestBreakdown) -> Void) {
        let range = TimeRange(from: from, to: to)
        for slot in slots where slot.start < to && slot.end > from {
            guard let attribution = slot.attribution else { continue }
            for number in attribution.requests.indices {
                let breakdown = attribution.breakdown(number, of: slot)
                if range.contains(breakdown.end) { body(breakdown) }
            }
        }
    }
}

extension SlotAttribution {
    fileprivate func breakdown(_ number: Int, of slot: SlotView) -> RequestBreakdown {
        let span = slot.row(Int(requests[number].row))
        let end = number + 1 < requests.count ? Int(requests[number + 1].firstPart) : parts.count
        return RequestBreakdown(
            traceHigh: span.traceHigh, traceLow: span.traceLow, spanID: span.spanID, start: span.start,
            duration: span.duration, series: Int(requests[number].series), isError: span.flags.isError,
            parts: (Int(requests[number].firstPart)..<end).map { part in
                let component = Component(UInt8(parts.series[part] % UInt32(ComponentTable.countMax)))
                return RequestBreakdown.Part(component: component, duration: parts.durations[part])
            })
    }
}
