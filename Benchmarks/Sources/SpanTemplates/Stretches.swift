/// Cuts a capture into stretches of about a second whose spans keep their distances in time: traces belong to the second
/// in which they end, whichever requests bring their spans.
///
/// A trace that takes long, as a watch does, was exported over as long a time. It has a part in several stretches, so that
/// its first spans aren't late when the capture is sent in a fraction of its time.
struct Stretches {
    let count: Int
    /// The stretch of each span of each request.
    let ofSpans: [[Int]]

    private static let length: UInt64 = 1_000_000_000
    /// How far apart spans of a trace may end in one stretch. With `length`, less than exporters hold their spans.
    private static let partLength: UInt64 = 3_000_000_000

    init(_ templates: [RequestTemplate]) {
        var ends: [TraceID: [UInt64]] = [:]
        for span in templates.lazy.flatMap(\.spans) { ends[span.traceID, default: []].append(span.end) }
        let partEnds = ends.mapValues { Self.partEnds($0) }
        var numbers: [UInt64: Int] = [:]
        func number(_ second: UInt64) -> Int {
            if let number = numbers[second] { return number }
            numbers[second] = numbers.count
            return numbers.count - 1
        }
        ofSpans = templates.map { template in
            template.spans.map { span in
                let partEnd = partEnds[span.traceID]?.last { $0 >= span.end } ?? span.end
                return number(partEnd / Self.length)
            }
        }
        count = numbers.count
    }

    /// The newest end of each part of a trace, newest part first.
    private static func partEnds(_ ends: [UInt64]) -> [UInt64] {
        var parts: [UInt64] = []
        for end in ends.sorted(by: >) {
            if let newest = parts.last, newest - end <= partLength { continue }
            parts.append(end)
        }
        return parts
    }
}
