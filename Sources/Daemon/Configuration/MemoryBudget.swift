import Foundation

/// What `limits.memory` comes to: a part for everything that the daemon holds, so that they fit together, and room for the
/// pages of the program and its libraries, which the kernel counts as the process's too.
///
/// A part that the configuration names takes what it says; the others share the rest in proportion to their shares.
package struct MemoryBudget: Equatable, Sendable {
    package enum Part: String, CaseIterable, Sendable {
        /// Spans as columns, with what attribution found out about them.
        case window
        case history
        /// Room to divide the requests of a slot in, and what a look at slots that have not settled finds.
        case attribution
        /// Counts of the ranges that rules look at.
        case rules
        /// Bodies on their way in, and what they are decoded to.
        case ingest
        /// Requests that wait to be recorded.
        case archive
        /// Alerts that wait to be delivered.
        case sinks
        /// Queries under way, what malloc holds back, the program itself. Anything that is added later takes its part
        /// from here.
        case reserve

        /// In thousandths.
        package var share: Int {
            switch self {
            case .window: 450
            case .history: 32
            case .attribution: 80
            case .rules: 60
            case .ingest: 128
            case .archive: 60
            case .sinks: 20
            case .reserve: 170
            }
        }

        /// The field of the configuration that sets it.
        fileprivate var field: String? {
            switch self {
            case .window: "window.max_bytes"
            case .history: "window.history_bytes"
            case .ingest: "limits.max_bytes_in_flight"
            case .attribution, .rules, .archive, .sinks, .reserve: nil
            }
        }
    }

    package let limit: Int
    private var bytes: [Part: Int] = [:]

    package subscript(part: Part) -> Int { bytes[part] ?? 0 }

    /// Of 2 GiB, without anything said of parts.
    package static let standard = MemoryBudget()

    private init() {
        limit = Self.limitDefault
        for part in Part.allCases { bytes[part] = Self.part(Self.shared(limit), part.share) }
        bytes[.reserve, default: 0] += limit - Self.shared(limit)
    }

    /// Where nothing says how much memory there is.
    static let limitDefault = 2 << 30
    /// Less than a daemon without spans takes is of no use.
    static let limitMin = 64 << 20
    /// Of the binary and the libraries, 35 MiB in a release build.
    private static let programBytes = 40 << 20

    /// What is left for the parts.
    private static func shared(_ limit: Int) -> Int { limit - min(programBytes, limit / 2) }

    /// - Parameter explicit: what the configuration says of parts.
    package init(limit: Int, explicit: [Part: Int] = [:]) throws(Excess) {
        self.limit = limit
        let given = Self.saturatingSum(explicit.values)
        let otherShares = Self.shares(besides: explicit)
        // A quarter of what they would have, or have of 2 GiB: with less they don't work.
        let shared = Self.shared(limit)
        let leastForOthers = Self.part(min(shared, Self.shared(Self.limitDefault)), otherShares) / 4
        guard given <= shared - leastForOthers else {
            throw Excess(limit: limit, explicit: explicit, leastForOthers: leastForOthers + limit - shared)
        }
        for part in Part.allCases {
            bytes[part] = explicit[part] ?? Self.scaled(shared - given, part.share, otherShares)
        }
        bytes[.reserve, default: 0] += limit - shared
    }

    /// The limit where the configuration sets none: so much of the container's memory that the kernel doesn't end the process
    /// for what no part counts, or 2 GiB, with parts that it does set on top of the others' shares.
    package static func defaultLimit(container: Int?, explicit: [Part: Int]) -> Int {
        if let container { return container / 10 * 7 }
        let (limit, overflow) = saturatingSum(explicit.values).addingReportingOverflow(
            part(shared(limitDefault), shares(besides: explicit)) + programBytes)
        return overflow ? .max : max(limit, limitDefault)
    }

    private static func shares(besides explicit: [Part: Int]) -> Int {
        Part.allCases.reduce(0) { $0 + (explicit[$1] == nil ? $1.share : 0) }
    }

    private static func saturatingSum(_ values: some Sequence<Int>) -> Int {
        values.reduce(0) { sum, value in
            let (next, overflow) = sum.addingReportingOverflow(value)
            return overflow ? .max : next
        }
    }

    private static func part(_ bytes: Int, _ share: Int) -> Int { scaled(bytes, share, 1000) }

    private static func scaled(_ bytes: Int, _ share: Int, _ shares: Int) -> Int {
        let (high, low) = bytes.multipliedFullWidth(by: share)
        return shares > 0 ? shares.dividingFullWidth((high, low)).quotient : 0
    }

    /// Parts that together are more than there is.
    package struct Excess: Error, Equatable, CustomStringConvertible {
        let limit: Int
        let explicit: [Part: Int]
        let leastForOthers: Int

        package var description: String {
            let terms = Part.allCases.compactMap { part in
                explicit[part].flatMap { bytes in part.field.map { "\($0) \(ByteSize.text(bytes))" } }
            }
            let sum = ByteSize.text(saturatingSum(explicit.values))
            return (terms.count > 1 ? terms.joined(separator: " + ") + " = \(sum)" : terms.joined())
                + ", and all else needs \(ByteSize.text(leastForOthers)) at least, but there are \(ByteSize.text(limit)) in all"
                + " (limits.memory)"
        }
    }
}

// MARK: What the parts mean for those who keep to them

extension MemoryBudget {
    /// What a decoded body takes beside itself, as columns that double as they grow.
    static let decodedBytesPerByte = 2

    /// The largest export request: four of them fit at once, or one that is compressed, inflated and decoded.
    var bodyBytes: Int { min(64 << 20, self[.ingest] / 4) }

    /// An eighth is for slots that left the window and aren't in its history yet.
    var windowBytes: Int { self[.window] / 8 * 7 }

    /// A quarter is room for the spans of a portion, at 130 bytes each; the rest is for what is found out about a whole
    /// slot, and for what looks find.
    var portionRows: Int { max(self[.attribution] / 4 / 130, 1024) }

    /// A third is for what is compressed and being written.
    var recordingQueueBytes: Int { self[.archive] / 3 * 2 }

    /// Alerts that wait for one sink, at 4 KiB each with their evidence.
    var alertsQueued: Int { min(max(self[.sinks] / (4 << 10), 100), 10_000) }

    /// In one line.
    package var text: String {
        let parts = Part.allCases.map { "\($0.rawValue) \(ByteSize.text(self[$0]))" }
        return "\(ByteSize.text(limit)): " + parts.joined(separator: ", ")
    }
}

/// How much memory the container that the process runs in may take: the least that any of its control groups allows.
///
/// Sources: cgroups(7); Documentation/admin-guide/cgroup-v2.rst (memory.max), cgroup-v1/memory.rst (limit_in_bytes).
package enum ContainerMemory {
    /// Bytes; nil where nothing limits them.
    ///
    /// - Parameter root: where the file systems are mounted that say so.
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

    /// Version 1 has a number near 2^63 for no limit, version 2 a word.
    private static let unlimited = 1 << 60

    /// A group and those it is in, the whole machine's last: from within a container its path may not be there, but its own
    /// group is the outermost then.
    private static func ancestors(_ path: String) -> [String] {
        let names = path.split(separator: "/").filter { $0 != ".." }
        return (0...names.count).reversed().map { count in names.prefix(count).map { "/" + $0 }.joined() }
    }

    private static func lines(_ path: String) -> [Substring] {
        guard let contents = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return contents.split(separator: "\n")
    }
}
