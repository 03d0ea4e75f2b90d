/// By how much a callee's clock may be ahead of its caller's, judging by one call: the callee's span lies within its
/// caller's.
struct CallBounds: Equatable, Sendable {
    /// Nanoseconds.
    let low: Int64
    let high: Int64

    /// The spans of the two, with times in Unix nanoseconds.
    init(caller: ClosedRange<Int64>, callee: ClosedRange<Int64>) {
        low = callee.upperBound - caller.upperBound
        high = callee.lowerBound - caller.lowerBound
    }

    /// Whether an offset puts the callee's span within its caller's. Spans that are longer than their caller's never fit.
    func fits(_ offset: Int64) -> Bool { low <= offset && offset <= high }
}

/// Finds the clock offset that nearly all of some calls fit. A call that doesn't fit is an outlier: a callee may begin
/// after its caller has given up.
struct ClockFit: Sendable {
    /// Fewer than this many calls are no evidence.
    static let callsMin = 20
    /// How many are examined together: a drifting clock has another offset for the next ones.
    static let callsMax = 32
    /// One in this many calls may not fit.
    private static let outlierMin = 20
    /// If all calls wait, the room they leave is so large that an offset may fit by chance; nanoseconds.
    private static let roomMax: Int64 = 100_000_000
    /// Smaller offsets are hidden by the calls' own time; nanoseconds.
    private static let offsetMin: Int64 = 500_000

    /// The offset of some calls, nanoseconds; nil if they fit none.
    ///
    /// - Parameter before: the offset of the calls before them: it holds as long as these calls fit it too.
    static func offset(of calls: some Collection<CallBounds>, before: Int64) -> Int64? {
        guard calls.count >= callsMin else { return nil }
        func isFit(_ count: Int) -> Bool { (calls.count - count) * outlierMin <= calls.count }
        func fits(_ offset: Int64) -> Bool { isFit(calls.count { $0.fits(offset) }) }
        if fits(before) { return before }
        if fits(0) { return 0 }
        let (count, room) = mostFitting(calls)
        guard isFit(count), room.upperBound - room.lowerBound <= roomMax else { return nil }
        let offset = room.lowerBound + (room.upperBound - room.lowerBound) / 2
        return abs(offset) < offsetMin ? 0 : offset
    }

    /// The offsets that most calls fit.
    private static func mostFitting(_ calls: some Collection<CallBounds>) -> (count: Int, room: ClosedRange<Int64>) {
        let sensible = calls.filter { $0.low <= $0.high }
        let (lows, highs) = (sensible.map(\.low).sorted(), sensible.map(\.high).sorted())
        var best = (count: 0, room: 0...0 as ClosedRange<Int64>)
        var passed = 0
        for (number, low) in lows.enumerated() {
            while highs[passed] < low { passed += 1 }
            let count = number + 1 - passed
            if count > best.count { best = (count, low...highs[passed]) }
        }
        return best
    }
}

/// Who takes part in a call from an API server to etcd, by its operation.
enum CallEnd: UInt8, Sendable {
    case none, caller, callee

    /// Streams last as long as their connection, so their ends say nothing.
    private static let streams = ["etcdserverpb.Watch/Watch", "etcdserverpb.Lease/LeaseKeepAlive"]

    init(_ role: ServiceRole, name: String, kind: SpanKind) {
        guard name.hasPrefix("etcdserverpb."), !Self.streams.contains(name) else {
            self = .none
            return
        }
        switch (role, kind) {
        case (.apiServer, .client): self = .caller
        case (.etcd, .server): self = .callee
        default: self = .none
        }
    }
}
