import Foundation
import Support

/// Divides `limits.memory` among everything that the daemon holds, and sets room aside for the pages of the program and
/// its libraries, which the kernel counts too.
///
/// Parts named in the configuration get what it says; the others share the rest in proportion.
struct MemoryBudget: Equatable, Sendable {
    enum Part: String, CaseIterable, Sendable {
        /// Spans as columns, and their attribution.
        case window
        case history
        /// Recent export bodies as they came.
        case traces
        /// Working memory for dividing the requests of a slot, and the temporary attribution of unsettled slots.
        case attribution
        /// What rules and verdicts compare with, and sliding counts of the ranges that rules use.
        case rules
        /// Incoming bodies, and what they are decoded to.
        case ingest
        /// Requests waiting to be recorded.
        case archive
        /// Alerts waiting to be delivered.
        case sinks
        /// Running queries and the evicted spans that they hold, malloc's free lists, the program itself. Later additions take their part from here.
        case reserve

        /// Share in thousandths.
        var share: Int {
            switch self {
            case .window: 282
            case .history: 32
            case .traces: 128
            case .attribution: 110
            case .rules: 60
            case .ingest: 128
            case .archive: 60
            case .sinks: 20
            case .reserve: 180
            }
        }

        /// The configuration key that sets the part.
        fileprivate var field: String? {
            switch self {
            case .window: "window.max_bytes"
            case .history: "window.history_bytes"
            case .traces: "traces.max_bytes"
            case .ingest: "limits.max_bytes_in_flight"
            case .attribution, .rules, .archive, .sinks, .reserve: nil
            }
        }
    }

    let limit: Int
    private var bytes: [Part: Int] = [:]

    subscript(part: Part) -> Int { bytes[part] ?? 0 }

    /// Of 2 GiB, with default shares.
    static let standard = MemoryBudget()

    private init() {
        limit = Self.limitDefault
        for part in Part.allCases { bytes[part] = Self.part(Self.shared(limit), part.share) }
        bytes[.reserve, default: 0] += limit - Self.shared(limit)
    }

    /// The limit if nothing else sets one.
    static let limitDefault = 2 << 30
    /// Below this, what no part counts (malloc's free lists, stacks, the pages of libraries) would exceed the limit under
    /// load.
    static let limitMin = 128 << 20
    /// The binary and its libraries; 35 MiB in a release build.
    private static let programBytes = 40 << 20

    /// Bytes left for the parts. A small container may give a limit below the minimum.
    private static func shared(_ limit: Int) -> Int { limit - min(programBytes, limit / 8 * 5) }

    /// - Parameter explicit: parts set by the configuration.
    init(limit: Int, explicit: [Part: Int] = [:]) throws(ExceededError) {
        self.limit = limit
        let given = Self.saturatingSum(explicit.values)
        let otherShares = Self.shares(besides: explicit)
        // The other parts need at least a quarter of their share, or of their share of 2 GiB, to work.
        let shared = Self.shared(limit)
        let leastForOthers = Self.part(min(shared, Self.shared(Self.limitDefault)), otherShares) / 4
        guard given <= shared - leastForOthers else {
            throw ExceededError(limit: limit, explicit: explicit, leastForOthers: leastForOthers + limit - shared)
        }
        for part in Part.allCases {
            bytes[part] = explicit[part] ?? Self.scaled(shared - given, part.share, otherShares)
        }
        bytes[.reserve, default: 0] += limit - shared
    }

    /// The limit if the configuration sets none. It leaves some of the container's memory unused, so that the kernel
    /// doesn't kill the process for what no part counts. Without a container it is 2 GiB; parts that are set come on
    /// top of the others' shares.
    static func defaultLimit(container: Int?, explicit: [Part: Int]) -> Int {
        if let container { return container / 10 * 7 }
        let others = part(shared(limitDefault), shares(besides: explicit)) + programBytes
        return max(saturatingSum(explicit.values + [others]), limitDefault)
    }

    private static func shares(besides explicit: [Part: Int]) -> Int {
        Part.allCases.reduce(0) { $0 + (explicit[$1] == nil ? $1.share : 0) }
    }

    private static func saturatingSum(_ values: some Sequence<Int>) -> Int {
        Int(values.reduce(Int64(0)) { $0.addingSaturating(Int64($1)) })
    }

    private static func part(_ bytes: Int, _ share: Int) -> Int { scaled(bytes, share, 1000) }

    private static func scaled(_ bytes: Int, _ share: Int, _ shares: Int) -> Int {
        let (high, low) = bytes.multipliedFullWidth(by: share)
        return shares > 0 ? shares.dividingFullWidth((high, low)).quotient : 0
    }

    /// The parts exceed the limit.
    struct ExceededError: Error, Equatable, CustomStringConvertible {
        let limit: Int
        let explicit: [Part: Int]
        let leastForOthers: Int

        var description: String {
            let terms = Part.allCases.compactMap { part in
                explicit[part].flatMap { bytes in part.field.map { "\($0) \(ByteSize.text(bytes))" } }
            }
            let sum = ByteSize.text(saturatingSum(explicit.values))
            return (terms.count > 1 ? terms.joined(separator: " + ") + " = \(sum)" : terms.joined())
                + ", and everything else needs at least \(ByteSize.text(leastForOthers)), but the limit is \(ByteSize.text(limit))"
                + " (limits.memory)"
        }
    }
}

// MARK: Limits derived from the parts

extension MemoryBudget {
    /// The largest export request: four fit at once, or one while it is compressed, inflated and decoded.
    var bodyBytes: Int { min(64 << 20, self[.ingest] / 4) }

    /// An eighth is for evicted slots that are not yet in the history.
    var windowBytes: Int { self[.window] / 8 * 7 }

    /// A fifth holds the spans of a portion, at 130 bytes each; three times as much the attribution that is kept of slots that
    /// have not settled. The rest is for the results of a whole slot, of which half may be memory of earlier ones.
    var portionRows: Int { max(self[.attribution] / 5 / 130, 1024) }

    /// A third is for data being compressed and written.
    var recordingQueueBytes: Int { self[.archive] / 3 * 2 }

    /// Alerts that may wait for one sink, at 4 KiB each with their evidence.
    var alertsQueued: Int { min(max(self[.sinks] / (4 << 10), 100), 10_000) }

    /// The budget in one line.
    var text: String {
        let parts = Part.allCases.map { "\($0.rawValue) \(ByteSize.text(self[$0]))" }
        return "\(ByteSize.text(limit)): " + parts.joined(separator: ", ")
    }
}

/// The memory limit of the process's container: the smallest limit of its control groups.
///
/// Sources: cgroups(7); Documentation/admin-guide/cgroup-v2.rst (memory.max), cgroup-v1/memory.rst (limit_in_bytes).
package enum ContainerMemory {
    /// The limit in bytes; nil without one.
    ///
    /// - Parameter root: where the file systems are mounted, for tests.
    package static func limit(root: String = "/") -> Int? {
        let groups = lines(root + "proc/self/cgroup").flatMap { line -> [String] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            let path = String(fields[2])
            if fields[0] == "0", fields[1].isEmpty {
                return ancestors(path).map { root + "sys/fs/cgroup" + $0 + "/memory.max" }
            }
            guard fields[1].split(separator: ",").contains("memory") else { return [] }
            return ancestors(path).map { root + "sys/fs/cgroup/memory" + $0 + "/memory.limit_in_bytes" }
        }
        return groups.compactMap { lines($0).first.flatMap { Int($0) } }.filter { $0 > 0 && $0 < unlimited }.min()
    }

    /// Without a limit, version 1 has a number near 2^63, version 2 a word.
    private static let unlimited = 1 << 60

    /// A group and its ancestors, up to the root. Within a container the path may not exist, but there the container's
    /// own group is the root.
    private static func ancestors(_ path: String) -> [String] {
        let names = path.split(separator: "/").filter { $0 != ".." }
        return (0...names.count).reversed().map { count in names.prefix(count).map { "/" + $0 }.joined() }
    }

    private static func lines(_ path: String) -> [Substring] {
        guard let contents = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return contents.split(separator: "\n")
    }
}
