/// Finds out how far clocks are off while spans arrive.
struct LiveClocks: Sendable {
    /// One side of a call that waits for the other.
    private struct Waiting: Sendable {
        var source: UInt16
        var isCaller: Bool
        /// Unix nanoseconds.
        var times: ClosedRange<Int64>
    }

    /// What is known of a source.
    private struct Clock: Sendable {
        var calls: [CallBounds] = []
        /// Calls since the offset was last looked at.
        var new = 0
        /// Nanoseconds; nil while nothing is known.
        private(set) var offset: Int64?
        /// What the latest calls fit.
        private var fitted: Int64?
        private var reversals = Reversals()

        mutating func add(_ call: CallBounds) {
            if calls.count == ClockFit.callsMax { calls.removeFirst() }
            calls.append(call)
            new += 1
            guard calls.count >= ClockFit.callsMin, new >= Self.step || fitted == nil else { return }
            new = 0
            let before = fitted
            fitted = ClockFit.offset(of: calls, before: before ?? 0)?.at(call.end) ?? before
            if let before, let fitted { reversals.add(fitted - before) }
            offset = reversals.areMany ? 0 : fitted
        }

        private static let step = 8
    }

    /// How often an offset goes back and forth, as it does if the calls are those of several members without instance ids whose
    /// clocks differ: their spans come in turns. A clock that drifts or is set goes one way.
    private struct Reversals: Sendable {
        private var isAhead: Bool?
        private var count = 0
        /// Looks at the offset since the last one.
        private var steady = 0

        /// Smaller changes are those of an estimate; nanoseconds.
        private static let changeMin: Int64 = 10_000_000
        private static let countMax = 2
        private static let steadyMax = 128

        var areMany: Bool { count > Self.countMax }

        mutating func add(_ change: Int64) {
            steady += 1
            if steady > Self.steadyMax { self = Self() }
            guard abs(change) >= Self.changeMin else { return }
            if let isAhead, isAhead != (change > 0) {
                count += 1
                steady = 0
            }
            isAhead = change > 0
        }
    }

    private var ends: [CallEnd] = []
    private var births = NameBirths()
    private var waiting: [UInt64: Waiting] = [:]
    /// The keys of `waiting`, in the order in which they came; a ring.
    private var order: [UInt64] = []
    private var oldest = 0
    /// By source number.
    private var clocks: [UInt16: Clock] = [:]
    /// Only calls whose id has none of these bits are looked at: about `callsPerSecond`.
    private var mask: UInt64 = 0
    /// The second of the last arrival, and the calls examined in it.
    private var second = Int64.min
    private var seen = 0
    /// The offsets that have changed since they were last taken.
    private var changed: [UInt16: Int64] = [:]
    /// Whether any clock is off.
    private(set) var areOff = false

    private static let waitingMax = 4096
    private static let callsPerSecond = 128

    /// The offsets that are new, by source; nanoseconds.
    mutating func takeChanged() -> [UInt16: Int64] {
        guard !changed.isEmpty else { return [:] }
        defer { changed = [:] }
        return changed
    }

    /// Forgets sources whose numbers will be reused.
    mutating func forget(_ unused: Set<UInt16>) {
        clocks = clocks.filter { !unused.contains($0.key) }
        waiting = waiting.filter { !unused.contains($0.value.source) }
        areOff = clocks.values.contains { $0.offset ?? 0 != 0 }
    }

    /// Adds the calls of a batch.
    mutating func observe(
        _ batch: borrowing SpanBatch, _ translation: NameTranslation, _ operations: OperationTable, arrival: Int64
    ) {
        follow(operations)
        adapt(to: arrival)
        for index in 0..<batch.count {
            let end = ends[Int(translation.operation(batch.columns.operation[index]))]
            guard end != .none else { continue }
            let id = end == .caller ? batch.columns.spanID[index] : batch.columns.parentID[index]
            guard id != 0, id & mask == 0 else { continue }
            var row = batch.columns.row(index)
            row.flags.cluster = translation.cluster(ofSource: row.source)
            add(row, end, id, source: translation.source(row.source))
        }
    }

    private mutating func follow(_ operations: OperationTable) {
        if births.changes != operations.births.changes { ends = [] }
        births = operations.births
        for labels in operations.labels.dropFirst(ends.count) {
            ends.append(CallEnd(labels.role, name: labels.operation, kind: labels.kind))
        }
    }

    private mutating func adapt(to arrival: Int64) {
        guard arrival / 1_000_000_000 != second else { return }
        if seen > Self.callsPerSecond { mask = mask &<< 1 | 1 }
        if seen < Self.callsPerSecond / 4 { mask &>>= 1 }
        (second, seen) = (arrival / 1_000_000_000, 0)
    }

    private mutating func add(_ row: SpanRow, _ end: CallEnd, _ id: UInt64, source: UInt16) {
        seen += 1
        let trace = ByteHash.mix(ByteHash.mix(row.traceLow, ByteHash.seed), row.traceHigh ^ row.flags.traceSalt)
        let key = ByteHash.mix(trace, id)
        let own = Waiting(source: source, isCaller: end == .caller, times: row.start...row.start &+ row.duration)
        guard let other = waiting[key], other.isCaller != own.isCaller else { return wait(own, key) }
        waiting[key] = nil
        let (caller, callee) = own.isCaller ? (own, other) : (other, own)
        guard callee.source != SourceTable.overflow else { return }
        let before = clocks[callee.source]?.offset
        clocks[callee.source, default: Clock()].add(CallBounds(caller: caller.times, callee: callee.times))
        guard let offset = clocks[callee.source]?.offset, offset != before else { return }
        changed[callee.source] = offset
        areOff = clocks.values.contains { $0.offset ?? 0 != 0 }
    }

    private mutating func wait(_ own: Waiting, _ key: UInt64) {
        guard waiting.updateValue(own, forKey: key) == nil else { return }
        guard order.count == Self.waitingMax else { return order.append(key) }
        waiting[order[oldest]] = nil
        order[oldest] = key
        oldest = (oldest + 1) % Self.waitingMax
    }
}
