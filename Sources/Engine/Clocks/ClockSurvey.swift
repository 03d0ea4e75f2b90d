import Support

/// Finds out how far clocks are off from all the spans of a replay, whatever their order.
struct ClockSurvey: Sendable {
    private struct Span: Sendable {
        var source: UInt32
        /// Unix nanoseconds.
        var times: ClosedRange<Int64>

        /// Picks one of two spans with the same ids, whichever came first. If only their sources differ, it gets `noSource`.
        static func first(_ a: Span, _ b: Span) -> Span {
            if a.times == b.times { return a.source == b.source ? a : Span(source: noSource, times: a.times) }
            let isFirst = (a.times.lowerBound, a.times.upperBound) < (b.times.lowerBound, b.times.upperBound)
            return isFirst ? a : b
        }
    }

    private struct Call: Sendable {
        var caller: Span?
        var callee: Span?
    }

    private static let noSource = UInt32.max

    /// By a hash of the caller's ids.
    private var calls: [UInt64: Call] = [:]
    /// Only calls whose hash has none of these bits are looked at.
    private var mask: UInt64 = 0

    /// If there are more calls, half of them are dropped; which ones doesn't depend on their order.
    private static let callsMax = 1 << 16

    /// Adds the calls of a batch.
    mutating func add(
        _ batch: borrowing SpanBatch, _ translation: borrowing OrderedNames.Translation, _ names: borrowing OrderedNames
    ) {
        for index in 0..<batch.count {
            let call = names.call(translation.operation(batch.columns.operation[index]))
            guard call.end != .none else { continue }
            let source = translation.source(batch.columns.source[index])
            add(batch.columns.row(index), call.end, cluster: call.cluster, source: source)
        }
    }

    /// Adds one side of a call.
    ///
    /// - Parameter cluster: a hash of its name: clusters may use the same ids.
    private mutating func add(_ row: SpanRow, _ end: CallEnd, cluster: UInt64, source: UInt32) {
        let id = end == .caller ? row.spanID : row.parentID
        // Without a seed, so that every process examines the same calls.
        let hash = ByteHash.mix(ByteHash.mix(ByteHash.mix(row.traceLow, 1), row.traceHigh ^ cluster), id)
        guard hash & mask == 0, id != 0 else { return }
        let span = Span(source: source, times: row.start...row.start &+ row.duration)
        if end == .caller {
            calls[hash, default: Call()].caller = calls[hash]?.caller.map { Span.first($0, span) } ?? span
        } else {
            calls[hash, default: Call()].callee = calls[hash]?.callee.map { Span.first($0, span) } ?? span
        }
        guard calls.count > Self.callsMax else { return }
        mask = mask &<< 1 | 1
        calls = calls.filter { $0.key & mask == 0 }
    }

    /// The clocks of the callees whose calls show an offset, by source.
    var clocks: [UInt32: ClockSteps] {
        var bySource: [UInt32: [(hash: UInt64, bounds: CallBounds)]] = [:]
        for (hash, call) in calls {
            guard let caller = call.caller, let callee = call.callee, callee.source != Self.noSource else { continue }
            let bounds = CallBounds(caller: caller.times, callee: callee.times)
            bySource[callee.source, default: []].append((hash, bounds))
        }
        return bySource.compactMapValues { calls in
            ClockSteps(calls.sorted { ($0.bounds.end, $0.hash) < ($1.bounds.end, $1.hash) }.map(\.bounds))
        }
    }
}
