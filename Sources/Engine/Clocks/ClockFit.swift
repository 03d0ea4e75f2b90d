/// By how much a callee's clock may be ahead of its caller's, judging by one call: the callee's span lies within its
/// caller's.
struct CallBounds: Equatable, Sendable {
    /// Nanoseconds.
    let low: Int64
    let high: Int64
    /// When the callee's span ended by its clock, Unix nanoseconds.
    let end: Int64

    /// The spans of the two, with times in Unix nanoseconds.
    init(caller: ClosedRange<Int64>, callee: ClosedRange<Int64>) {
        self.init(
            low: callee.upperBound - caller.upperBound, high: callee.lowerBound - caller.lowerBound,
            end: callee.upperBound)
    }

    private init(low: Int64, high: Int64, end: Int64) { (self.low, self.high, self.end) = (low, high, end) }

    /// Whether an offset puts the callee's span within its caller's. Spans that are longer than their caller's never fit.
    func fits(_ offset: Int64) -> Bool { low <= offset && offset <= high }

    /// As if the clock hadn't drifted since a time.
    fileprivate func without(_ drift: Double, since time: Int64) -> CallBounds {
        let drifted = ClockOffset.drifted(drift, from: time, to: end)
        return CallBounds(low: low - drifted, high: high - drifted, end: end)
    }
}

/// How far a clock is ahead, nanoseconds.
struct ClockOffset: Equatable, Sendable {
    /// Unix nanoseconds, by the clock.
    var time = Int64.min
    /// At that time.
    var nanoseconds: Int64
    /// By how much it grows as time passes; 0 if it is constant.
    var drift = 0.0

    /// - Parameter time: not before its own time.
    func at(_ time: Int64) -> Int64 {
        drift == 0 ? nanoseconds : nanoseconds + Self.drifted(drift, from: self.time, to: time)
    }

    fileprivate static func drifted(_ drift: Double, from time: Int64, to later: Int64) -> Int64 {
        Int64((Double(later - time) * drift).rounded())
    }
}

/// Finds the clock offset that nearly all of some calls fit. A call that doesn't fit is an outlier: a callee may begin
/// after its caller has given up.
struct ClockFit: Sendable {
    /// Fewer than this many calls are no evidence.
    static let callsMin = 20
    /// How many are examined together.
    static let callsMax = 32
    /// One in this many calls may not fit.
    private static let outlierMin = 20
    /// If all calls wait, the room they leave is so large that an offset may fit by chance; nanoseconds.
    private static let roomMax: Int64 = 100_000_000
    /// Smaller offsets are hidden by the calls' own time; nanoseconds.
    private static let offsetMin: Int64 = 500_000
    /// A clock that is being adjusted drifts by 500 millionths, besides what its quartz does.
    private static let driftMax = 1e-3

    /// The offset of some calls; nil if they fit none.
    ///
    /// - Parameters:
    ///   - calls: not none, in the order of their ends, or about so.
    ///   - before: the offset of the calls before them, nanoseconds: it holds as long as these calls fit it too.
    static func offset(of calls: some Collection<CallBounds>, before: Int64) -> ClockOffset? {
        guard calls.count >= callsMin else { return nil }
        func isFit(_ count: Int) -> Bool { (calls.count - count) * outlierMin <= calls.count }
        for known in [before, 0] where isFit(calls.count { $0.fits(known) }) { return ClockOffset(nanoseconds: known) }
        let constant = mostFitting(calls)
        if isFit(constant.count) {
            return middle(constant.room).map { ClockOffset(nanoseconds: abs($0) < offsetMin ? 0 : $0) }
        }
        return mostFittingDrift(Array(calls)).flatMap { drift in
            guard let start = calls.map(\.end).min() else { return nil }
            let (count, room) = mostFitting(calls.map { $0.without(drift, since: start) })
            guard isFit(count) else { return nil }
            return middle(room).map { ClockOffset(time: start, nanoseconds: $0, drift: drift) }
        }
    }

    /// The drift in the middle of those that most calls fit.
    ///
    /// The offsets and drifts that some calls fit form a polygon. At its corners bounds of two of these calls meet.
    private static func mostFittingDrift(_ calls: [CallBounds]) -> Double? {
        let calls = calls.filter { $0.low <= $0.high }
        guard calls.count <= UInt64.bitWidth else { return nil }
        var drifts: [UInt64: ClosedRange<Double>] = [:]
        for (index, call) in calls.enumerated() {
            for other in calls[(index + 1)...] where other.end != call.end {
                for (own, others) in [
                    (call.low, other.low), (call.low, other.high), (call.high, other.low), (call.high, other.high),
                ] {
                    let drift = Double(others - own) / Double(other.end - call.end)
                    guard abs(drift) <= driftMax else { continue }
                    let fitting = calls.fitting(own, at: call.end, drift)
                    let known = drifts[fitting] ?? drift...drift
                    drifts[fitting] = min(known.lowerBound, drift)...max(known.upperBound, drift)
                }
            }
        }
        let best = drifts.max {
            ($0.key.nonzeroBitCount, $0.value.upperBound - $0.value.lowerBound, $0.key)
                < ($1.key.nonzeroBitCount, $1.value.upperBound - $1.value.lowerBound, $1.key)
        }
        return best.map { ($0.value.lowerBound + $0.value.upperBound) / 2 }
    }

    private static func middle(_ room: ClosedRange<Int64>) -> Int64? {
        let width = room.upperBound - room.lowerBound
        return width <= roomMax ? room.lowerBound + width / 2 : nil
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

extension [CallBounds] {
    /// Which of them fit an offset that drifts: a bit for each.
    ///
    /// - Parameters:
    ///   - offset: at a time, Unix nanoseconds by the clock.
    ///   - drift: by how much it grows as time passes.
    fileprivate func fitting(_ offset: Int64, at time: Int64, _ drift: Double) -> UInt64 {
        var bits: UInt64 = 0
        for (index, call) in enumerated() {
            let drifted = Double(offset) + Double(call.end - time) * drift
            // On the bounds of two of them it is rounded.
            if drifted >= Double(call.low) - 1, drifted <= Double(call.high) + 1 { bits |= 1 << UInt64(index) }
        }
        return bits
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
