/// How much later the spans of each round of a capture are than those of the capture: the same for all of a round, so that
/// a call and its handler, which come in different requests, stay as far apart as they were.
package struct RoundShifts: Sendable {
    /// From when a round begins to when the latest span would end, were the shift the moment of its beginning; with the
    /// sign that takes it off.
    private let room: Int64
    private var begun: [Int: UInt64] = [:]
    /// The lowest round that is remembered. Connections are at most a round apart.
    private var oldest = 0

    private static let remembered = 8

    /// - Parameters:
    ///   - templates: the requests of a round.
    ///   - spansPerSecond: at which rate they are sent; nil for as fast as can be.
    package init(_ templates: [RequestTemplate], spansPerSecond: Double?) {
        var spans = 0
        var room = Int64.max
        for template in templates {
            // No span may end after it was sent. At the rate of the capture each is as late as it was then.
            let due = spansPerSecond.map { Double(spans) / $0 * 1e9 } ?? 0
            let latest = Int64(clamping: template.newestEnd)
            room = min(room, Int64(due.rounded(.down)).subtractingReportingOverflow(latest).partialValue)
            spans += template.spanCount
        }
        self.room = room
    }

    /// What is to be added to the times of a round's spans. The first who asks begins the round.
    /// - Parameter now: Unix nanoseconds.
    package mutating func shift(round: Int, now: UInt64) -> UInt64 {
        if let shift = begun[round] { return shift }
        let shift = now &+ UInt64(bitPattern: room)
        begun[round] = shift
        while begun.count > Self.remembered {
            begun[oldest] = nil
            oldest += 1
        }
        return shift
    }
}
