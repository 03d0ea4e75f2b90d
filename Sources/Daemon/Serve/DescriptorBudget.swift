import Foundation
import Logging
import NIOCore
import NIOPosix
import Receivers
import Recording
import RuleFiles
import Rules
import ServiceLifecycle
import UnixSignals

/// Divides the process's file descriptors among connections.
///
/// The reserve must never run out: without a free descriptor Dispatch can't inspect its own threads in /proc and aborts
/// the process.
struct DescriptorBudget: Equatable {
    /// Connections per receiver.
    let receiver: Int
    /// Connections of scrape and API.
    let query: Int
    /// Connections of Jaeger's API on its own address; 0 without.
    let jaeger: Int
    /// Event loops of the receivers.
    let loops: Int

    struct TooFewError: Error, CustomStringConvertible {
        let limit: Int
        let needed: Int

        var description: String {
            "only \(limit) files may be open: the daemon needs at least \(needed) (ulimit -n, LimitNOFILE=)"
        }
    }

    /// Epoll, its wake-up and its timer.
    private static let perLoop = 3
    /// Standard streams, three listening sockets, and what Dispatch opens for signals and timers.
    private static let always = 14
    private static let queryMax = 128
    private static let connectionsMin = 4
    /// Connections being closed.
    private static let leaving = 6

    /// - Parameters:
    ///   - limit: the limit of open files.
    ///   - open: files already open, besides the standard streams.
    ///   - wanted: the configured connections per receiver.
    ///   - hasJaeger: whether Jaeger's API has an address of its own.
    init(limit: Int, open: Int, cores: Int, wanted: Int, hasJaeger: Bool = false) throws(TooFewError) {
        loops = max(1, min(cores, limit / 32))
        // Archives, state, sinks, rules and reads of /proc.
        let files = min(max(limit / 8, 16), 64)
        // A listening socket and an event loop more.
        let ofJaeger = hasJaeger ? 1 + Self.perLoop : 0
        let reserve = Self.always + open + Self.perLoop * (loops + 1) + ofJaeger + files + Self.leaving
        let room = limit - reserve
        let least = (hasJaeger ? 4 : 3) * Self.connectionsMin
        guard room >= least else { throw TooFewError(limit: limit, needed: reserve + least) }
        query = min(max(room / 4, Self.connectionsMin), Self.queryMax)
        jaeger = hasJaeger ? min(max(room / 8, Self.connectionsMin), Self.queryMax) : 0
        receiver = min((room - query - jaeger) / 2, wanted)
    }

    /// Raises the soft limit of open files to the hard limit and returns it.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        let soft = limit.rlim_cur
        if soft < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = soft }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Open files besides the standard streams.
    static func openNow() -> Int {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0
        return max(all - 4, 0)
    }
}
