/// A stopped process, as seen in calls to etcd.
struct Stall: Equatable, Sendable {
    enum Process: Sendable {
        case etcd
        case apiServer
    }

    var process: Process
    /// Calls that waited for it.
    var calls: Int
    /// The longest of these waits, nanoseconds.
    var longest: Int64
}

/// The calls to etcd that waited long in an interval. Shows whether they waited for a stopped process, and for which.
///
/// Calls that wait for a stopped process continue together when it resumes; a slow connection delays each call on its own.
/// If etcd was stopped, its handlers begin late, so calls wait before them. If the API server was stopped, the handlers
/// ended long ago, so calls wait after them.
struct StoppedProcesses {
    private struct Call {
        var time: Range<Int64>
        var handler: Range<Int64>?
    }

    /// By span id.
    private var calls: [UInt64: Call] = [:]
    /// Sixteen bits of the ids of these: nearly all other spans are told by them.
    private var mayBe = [UInt64](repeating: 0, count: 1 << 10)

    private static let callsMax = 10_000
    /// Shorter stops occur on any busy machine; nanoseconds.
    private static let stopMin: Int64 = 50_000_000
    /// Shorter waits say nothing.
    static let waitMin: Int64 = 5_000_000
    private static let callsMin = 10
    /// Fewer waits may end together by chance.
    private static let togetherMin = 3
    /// Calls resume one after the other, within 20 ms or a fifth of the wait, whichever is longer.
    private static let queueMax: Int64 = 20_000_000
    private static let queueShare: Int64 = 5

    var isEmpty: Bool { calls.isEmpty }

    mutating func add(_ spanID: UInt64, _ time: Range<Int64>) {
        guard calls.count < Self.callsMax else { return }
        calls[spanID] = Call(time: time)
        let hash = Self.hash(spanID)
        mayBe[hash >> 6] |= 1 << UInt64(hash & 63)
    }

    /// Whether a span may be among the calls.
    @inline(__always)
    func mayWait(for spanID: UInt64) -> Bool {
        let hash = Self.hash(spanID)
        return mayBe[hash &>> 6] &>> UInt64(hash & 63) & 1 == 1
    }

    /// Ids may have constant bits.
    private static func hash(_ spanID: UInt64) -> Int {
        Int(truncatingIfNeeded: (spanID &* 0x9E37_79B9_7F4A_7C15) &>> 48)
    }

    /// Adds a span of etcd, which may be the handler of a call.
    mutating func match(_ parentID: UInt64, _ time: Range<Int64>) {
        calls[parentID]?.handler = time
    }

    /// The process that most of the calls waited for, if it was stopped.
    var stall: Stall? {
        var waits: [Range<Int64>] = []
        var (before, behind) = (0.0, 0.0)
        for (toHandler, fromHandler) in handled {
            let (first, last) = (toHandler.length, fromHandler.length)
            guard first + last >= Self.stopMin else { continue }
            before += Double(first)
            behind += Double(last)
            waits.append(first >= last ? toHandler : fromHandler)
        }
        guard waits.count >= Self.callsMin, 2 * Self.together(waits) >= waits.count else { return nil }
        let longest = waits.reduce(0) { max($0, $1.upperBound - $1.lowerBound) }
        // Both clocks may differ a little, and both ends may be slow.
        if before >= 0.7 * (before + behind) { return Stall(process: .etcd, calls: waits.count, longest: longest) }
        if behind >= 0.7 * (before + behind) {
            return Stall(process: .apiServer, calls: waits.count, longest: longest)
        }
        return nil
    }

    /// What the calls waited for.
    ///
    /// - Parameters:
    ///   - etcd: when its handlers began.
    ///   - apiServer: when its spans ended.
    func delays(etcd: SignsOfLife, apiServer: SignsOfLife) -> CallDelays {
        var delays = CallDelays()
        for (before, behind) in handled {
            delays.add(before: before, behind: behind, etcd: etcd, apiServer: apiServer)
        }
        return delays
    }

    /// The times before and after the handlers of the calls that have one. Sorted, so that sums are the same in every
    /// run.
    private var handled: [(before: Range<Int64>, behind: Range<Int64>)] {
        calls.sorted { $0.key < $1.key }.compactMap { _, call in
            guard let handler = call.handler else { return nil }
            let begin = min(max(handler.lowerBound, call.time.lowerBound), call.time.upperBound)
            let end = min(max(handler.upperBound, begin), call.time.upperBound)
            return (call.time.lowerBound..<begin, end..<call.time.upperBound)
        }
    }

    /// The number of waits that ended together with all waits they overlap.
    private static func together(_ waits: [Range<Int64>]) -> Int {
        var count = 0
        var stretch: [Range<Int64>] = []
        var end = Int64.min
        for wait in waits.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if wait.lowerBound >= end {
                count += together(stretch, until: end)
                stretch = []
            }
            stretch.append(wait)
            end = max(end, wait.upperBound)
        }
        return count + together(stretch, until: end)
    }

    private static func together(_ stretch: [Range<Int64>], until end: Int64) -> Int {
        guard let first = stretch.first, stretch.count >= togetherMin else { return 0 }
        let earliest = end - max(queueMax, (end - first.lowerBound) / queueShare)
        return stretch.allSatisfy { $0.upperBound >= earliest } ? stretch.count : 0
    }
}

extension Range<Int64> {
    fileprivate var length: Int64 { upperBound - lowerBound }
}
