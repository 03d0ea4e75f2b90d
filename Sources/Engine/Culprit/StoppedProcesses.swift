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
    /// The source that all of them waited for; nil if there are several.
    var source: UInt16?
}

/// The calls to etcd that waited long in an interval. Shows whether they waited for a stopped process, and for which.
///
/// Calls that wait for a stopped process continue together when it resumes; a slow connection delays each call on its own.
/// If etcd was stopped, its handlers begin late, so calls wait before them. If the API server was stopped, the handlers
/// ended long ago, so calls wait after them.
struct StoppedProcesses {
    private struct Call {
        var time: Range<Int64>
        /// The API server's.
        var source: UInt16
        var handler: (time: Range<Int64>, source: UInt16)?
    }

    /// A call that a member of etcd handled: the times before and after the handler.
    struct Handled {
        var before: Range<Int64>
        var behind: Range<Int64>
        /// The sources of the handler and of the call.
        var (etcd, apiServer): (UInt16, UInt16)

        fileprivate var isBefore: Bool { before.length >= behind.length }
        fileprivate var longer: Range<Int64> { isBefore ? before : behind }
        fileprivate var waited: Double { Double(before.length) + Double(behind.length) }
        fileprivate var waitedFor: UInt16 { isBefore ? etcd : apiServer }
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

    mutating func add(_ spanID: UInt64, _ time: Range<Int64>, of source: UInt16) {
        guard calls.count < Self.callsMax else { return }
        calls[spanID] = Call(time: time, source: source)
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
    mutating func match(_ parentID: UInt64, _ time: Range<Int64>, of source: UInt16) {
        calls[parentID]?.handler = (time, source)
    }

    /// The process that most of the calls waited for, if it was stopped; of several instances the one that was.
    var stall: Stall? {
        let waits = handled.filter { $0.before.length + $0.behind.length >= Self.stopMin }
        let all = waits.reduce(0) { $0 + $1.waited }
        let sources = Set(waits.map(\.waitedFor)).sorted()
        for source in sources {
            let own = waits.filter { $0.waitedFor == source }
            guard own.reduce(0, { $0 + $1.waited }) >= Self.mostOfAll * all else { continue }
            guard var stall = Self.stall(own) else { break }
            stall.source = source
            return stall
        }
        return Self.stall(waits)
    }

    private static func stall(_ calls: [Handled]) -> Stall? {
        let waits = calls.map(\.longer)
        guard waits.count >= callsMin, 2 * together(waits) >= waits.count else { return nil }
        let longest = waits.reduce(0) { max($0, $1.length) }
        let all = calls.reduce(0) { $0 + $1.waited }
        let before = calls.reduce(0) { $0 + Double($1.before.length) }
        // Both clocks may differ a little, and both ends may be slow.
        if before >= mostOfAll * all { return Stall(process: .etcd, calls: waits.count, longest: longest) }
        if all - before >= mostOfAll * all { return Stall(process: .apiServer, calls: waits.count, longest: longest) }
        return nil
    }

    private static let mostOfAll = 0.7

    /// What the calls waited for.
    ///
    /// - Parameter lives: when handlers of etcd began and spans of API servers ended.
    func delays(_ lives: SourceLives) -> CallDelays {
        var delays = CallDelays()
        for call in handled { delays.add(call, lives) }
        return delays
    }

    /// The calls that have a handler. Sorted, so that sums are the same in every run.
    private var handled: [Handled] {
        calls.sorted { $0.key < $1.key }.compactMap { _, call in
            guard let (handler, etcd) = call.handler else { return nil }
            let begin = min(max(handler.lowerBound, call.time.lowerBound), call.time.upperBound)
            let end = min(max(handler.upperBound, begin), call.time.upperBound)
            return Handled(
                before: call.time.lowerBound..<begin, behind: end..<call.time.upperBound, etcd: etcd,
                apiServer: call.source)
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
