/// Spans that a control plane may legally send, but hardly ever does: parents that end before their children,
/// children in earlier or later slots, requests that take hours, spans of zero length, many spans at one instant,
/// clocks that differ, cycles of parents, duplicate ids, requests within requests, long chains and many siblings,
/// late and in any order.
package struct OddTraffic {
    /// An export request.
    package struct Batch {
        package var spans: [ReferenceSpan]
        /// Unix nanoseconds; never before the previous batch.
        package var arrival: Int64
    }

    package private(set) var batches: [Batch] = []
    /// Whether a trace is so large or deep that attribution doesn't tell its deepest spans apart.
    package private(set) var isHuge = false
    /// Whether ids may be repeated.
    private let hasDuplicates: Bool
    private let base: Int64
    /// Nanoseconds from one trace to the next.
    private let pace: Int64
    /// How late spans may arrive, nanoseconds.
    private let lateness: Int64
    private var spans: [(span: ReferenceSpan, arrival: Int64)] = []

    static let second: Int64 = 1_000_000_000
    static let spansOfTraceMax = 24

    /// - Parameter hasDuplicates: false if the window evicts spans, since it can't recognise their duplicates.
    package init(_ choices: inout Choices, hasDuplicates: Bool = true) {
        self.hasDuplicates = hasDuplicates
        // 2026-01-01T00:00:00Z, at or near the boundary of a slot.
        base = 1_767_225_600 * Self.second + choices.pick([0, 1, -1, 2_500_000_000])
        pace = choices.pick([0, 1, 20_000_000, 1, 5, 7, 13, 61, 700].map { $0 < 1_000 ? $0 * Self.second : $0 })
        lateness = choices.pick([0, 0, 4, 24, 24, 300]) * Self.second
        let isHuge = choices.isOne(in: 48)
        for number in 0..<(isHuge ? 1 : 1 + choices.number(below: 7)) {
            var trace = OddTrace(
                number: number, begin: base + Int64(number) * pace, hasDuplicates: hasDuplicates, &choices)
            if isHuge { trace.addMany(&choices) } else { trace.addSome(&choices) }
            for span in trace.spans { send(span.withSource(spans.count), clock: trace.clock(of: span), &choices) }
        }
        self.isHuge = isHuge
        cut(&choices)
    }

    /// - Parameter clock: how far ahead the sender's clock is, nanoseconds.
    private mutating func send(_ span: ReferenceSpan, clock: Int64, _ choices: inout Choices) {
        let delay = choices.part(of: lateness)
        spans.append((span, max(Int64(span.end) - clock, 1) + delay))
        // A sender that got no reply sends again.
        if hasDuplicates, choices.isOne(in: 24) { spans.append((span, Int64(span.end) - clock + delay)) }
    }

    private mutating func cut(_ choices: inout Choices) {
        if choices.isOne(in: 6) { spans.reverse() }
        if !choices.isOne(in: 6) { spans.sort { $0.arrival < $1.arrival } }
        let size = choices.pick([1, 2, 5, 20, 5_000])
        var latest = Int64.min
        var rest = spans[...]
        while !rest.isEmpty {
            let some = rest.prefix(1 + choices.number(below: size))
            rest = rest.dropFirst(some.count)
            latest = some.reduce(latest) { max($0, $1.arrival) }
            batches.append(Batch(spans: some.map(\.span), arrival: latest))
        }
    }
}

extension OddTraffic.Batch {
    /// These spans as export requests, one for each run of spans of the same source.
    package var records: [[UInt8]] {
        var records: [[UInt8]] = []
        var rest = spans[...]
        while let first = rest.first {
            let own = rest.prefix { $0.sourceLabels == first.sourceLabels }
            rest = rest.dropFirst(own.count)
            records.append(
                WireSpanExample.request(
                    service: first.serviceText, resource: OddResource.attributes(of: first.sourceLabels),
                    own.map(\.example)))
        }
        return records
    }
}
