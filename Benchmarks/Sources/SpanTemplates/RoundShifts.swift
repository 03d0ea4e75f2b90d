/// By how much the times of each round of a capture are shifted. Spans end as they are sent, however fast that is: each
/// stretch of the capture has a shift of its own. It is the same for all requests with spans of the stretch, so that a
/// call and its handler, which come in different requests, keep their distance.
package struct RoundShifts: Sendable {
    /// The stretch of each span of each request.
    private let stretches: [[Int]]
    /// What to add to the time at which a stretch is begun so that none of its spans ends after it is sent; usually
    /// negative.
    private let rooms: [Int64]
    /// The shifts of the stretches of a round that have begun.
    private var begun: [Int: [UInt64?]] = [:]
    /// The lowest remembered round. Connections are at most a round apart.
    private var oldest = 0

    private static let remembered = 8

    /// - Parameters:
    ///   - templates: the requests of a round.
    ///   - spansPerSecond: the rate at which they are sent; nil for as fast as possible.
    package init(_ templates: [RequestTemplate], spansPerSecond: Double?) {
        let stretches = Stretches(templates)
        var firstDue = [Int64?](repeating: nil, count: stretches.count)
        var rooms = [Int64](repeating: .max, count: stretches.count)
        var sent = 0
        for (template, stretchOfSpan) in zip(templates, stretches.ofSpans) {
            let due = Int64((spansPerSecond.map { Double(sent) / $0 * 1e9 } ?? 0).rounded(.down))
            for (span, stretch) in zip(template.spans, stretchOfSpan) {
                let begins = firstDue[stretch] ?? due
                firstDue[stretch] = begins
                rooms[stretch] = min(rooms[stretch], due - begins &- Int64(clamping: span.end))
            }
            sent += template.spanCount
        }
        self.stretches = stretches.ofSpans
        self.rooms = rooms
    }

    /// The shifts for a request of a round. Its stretches begin unless an earlier request has begun them.
    /// - Parameters:
    ///   - position: which of the round's requests it is.
    ///   - now: Unix nanoseconds.
    package mutating func shifts(round: Int, position: Int, now: UInt64) -> SpanShifts {
        var ofStretches = begun.removeValue(forKey: round) ?? [UInt64?](repeating: nil, count: rooms.count)
        for stretch in stretches[position] where ofStretches[stretch] == nil {
            ofStretches[stretch] = now &+ UInt64(bitPattern: rooms[stretch])
        }
        begun[round] = ofStretches
        while begun.count > Self.remembered {
            begun[oldest] = nil
            oldest += 1
        }
        return SpanShifts(stretches: stretches[position], ofStretches: ofStretches)
    }
}

/// The shifts for the spans of one request.
package struct SpanShifts {
    fileprivate let stretches: [Int]
    fileprivate let ofStretches: [UInt64?]

    /// The shift of the span at a place in the request.
    package subscript(place: Int) -> UInt64 { ofStretches[stretches[place]] ?? 0 }
}
