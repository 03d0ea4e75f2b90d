/// Spans as a control plane may lawfully send them, and as nobody expects them: parents that end before their children,
/// children in slots before and after, requests that last for hours, spans of no length, many at one instant, clocks that
/// differ, circles of parents, ids that come twice, requests within requests, long chains and crowds of siblings, late and
/// in any order.
package struct OddTraffic {
    /// An export request.
    package struct Batch {
        package var spans: [ReferenceSpan]
        /// Unix nanoseconds; never before that of the batch before.
        package var arrival: Int64
    }

    package private(set) var batches: [Batch] = []
    /// Whether a trace is so large or deep that what is far down in it is not told apart.
    package private(set) var isHuge = false
    /// Whether ids may come twice.
    private let hasDuplicates: Bool
    private let base: Int64
    /// Nanoseconds from one trace to the next.
    private let pace: Int64
    /// How late spans may come, nanoseconds.
    private let lateness: Int64
    private var spans: [(span: ReferenceSpan, arrival: Int64)] = []

    static let second: Int64 = 1_000_000_000
    static let spansOfTraceMax = 24

    /// - Parameter hasDuplicates: a window that gives up spans can't tell that one has come before.
    package init(_ choices: inout Choices, hasDuplicates: Bool = true) {
        self.hasDuplicates = hasDuplicates
        // 2026-01-01T00:00:00Z, at or near the edge of a slot.
        base = 1_767_225_600 * Self.second + choices.pick([0, 1, -1, 2_500_000_000])
        pace = choices.pick([0, 1, 20_000_000, 1, 5, 7, 13, 61, 700].map { $0 < 1_000 ? $0 * Self.second : $0 })
        lateness = choices.pick([0, 0, 4, 24, 24, 300]) * Self.second
        let isHuge = choices.isOne(in: 48)
        for number in 0..<(isHuge ? 1 : 1 + choices.number(below: 7)) {
            var trace = OddTrace(
                number: number, begin: base + Int64(number) * pace, hasDuplicates: hasDuplicates, &choices)
            if isHuge { trace.addMany(&choices) } else { trace.addSome(&choices) }
            for span in trace.spans { send(span, clock: trace.clock(of: span), &choices) }
        }
        self.isHuge = isHuge
        cut(&choices)
    }

    /// - Parameter clock: how far ahead the sender's clock is, nanoseconds.
    private mutating func send(_ span: ReferenceSpan, clock: Int64, _ choices: inout Choices) {
        let delay = choices.part(of: lateness)
        spans.append((span, max(Int64(span.end) - clock, 1) + delay))
        // A sender that heard no answer sends again.
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
    /// Export requests of these spans, one for each run of the same service.
    package var records: [[UInt8]] {
        var records: [[UInt8]] = []
        var rest = spans[...]
        while let first = rest.first {
            let own = rest.prefix { $0.service == first.service }
            rest = rest.dropFirst(own.count)
            let service = String(decoding: first.service, as: UTF8.self)
            records.append(WireSpanExample.request(service: service, own.map(\.example)))
        }
        return records
    }
}
