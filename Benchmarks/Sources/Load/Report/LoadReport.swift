import Foundation

/// The results of a run.
struct LoadReport: Codable {
    var seconds: Double
    var sent: Tally.Count
    var accepted: Tally.Count
    var partial: Tally.Count
    var refused: [String: Tally.Count]
    var lost: Tally.Count
    var missed: Tally.Count
    var reconnections: Int
    var lastError: String?
    var spansPerSecond: Double
    var megabytesPerSecond: Double
    var latencyMilliseconds: Latency
    /// Cores that this process kept busy. Close to its number of threads, it limited the rate.
    var senderCores: Double
    /// CPU time of the server, if its process is known.
    var serverMicrosecondsPerRequest: Double?
    var serverCores: Double?
    var daemon: Daemon?
    /// Whether the daemon's metrics were requested but could not be read.
    var isUnobserved = false

    struct Latency: Codable {
        var p50: Double
        var p90: Double
        var p99: Double
        var max: Double
    }

    /// The daemon's own counters for the same time.
    struct Daemon: Codable {
        var accepted: Int
        var duplicates: Int
        var rejected: Int
        var late: Int
        var requestsRefused: Int
        var cores: Double
        /// Spans that it acknowledged but did not count.
        var uncounted: Int
        var windowIsFull: Bool
        var residentGrowth: MemoryWatch.Growth?
    }

    /// Whether every span was sent as scheduled, accepted and counted.
    var isClean: Bool {
        lost.requests == 0 && missed.requests == 0 && refused.isEmpty && partial.requests == 0 && !isUnobserved
            && (daemon.map { $0.uncounted == 0 && $0.duplicates == 0 } ?? true)
    }

    init(_ tally: Tally, seconds: Double, senderNanoseconds: Int64, serverNanoseconds: Int64?) {
        self.seconds = seconds
        sent = tally.sent
        accepted = tally.accepted
        partial = tally.partial
        refused = tally.refused
        lost = tally.lost
        missed = tally.missed
        reconnections = tally.reconnections
        lastError = tally.lastError
        spansPerSecond = Double(tally.accepted.spans) / seconds
        megabytesPerSecond = Double(tally.bytesSent) / seconds / 1e6
        let latency = tally.latency
        latencyMilliseconds = Latency(
            p50: Double(latency.quantile(0.5)) / 1e3, p90: Double(latency.quantile(0.9)) / 1e3,
            p99: Double(latency.quantile(0.99)) / 1e3, max: Double(latency.maximum) / 1e3)
        senderCores = Double(senderNanoseconds) / seconds / 1e9
        if let serverNanoseconds {
            serverMicrosecondsPerRequest = Double(serverNanoseconds) / 1e3 / Double(max(1, sent.requests))
            serverCores = Double(serverNanoseconds) / seconds / 1e9
        }
    }
}

extension LoadReport.Daemon {
    init(
        before: DaemonScrape, after: DaemonScrape, acknowledged: Int, seconds: Double, memory: MemoryWatch
    ) {
        accepted = after.spansAccepted - before.spansAccepted
        duplicates = after.spansDuplicate - before.spansDuplicate
        rejected = after.spansRejected - before.spansRejected
        late = after.spansLate - before.spansLate
        requestsRefused = after.requestsRefused - before.requestsRefused
        cores = (after.cpuSeconds - before.cpuSeconds) / seconds
        uncounted = acknowledged - accepted - duplicates
        windowIsFull = memory.isFull
        residentGrowth = memory.growth
    }
}

extension LoadReport {
    var text: String {
        var lines = [
            "sent       \(Self.text(sent)) in \(Self.number(seconds, 1)) s",
            "accepted   \(Self.text(accepted))",
        ]
        if partial.requests > 0 { lines.append("partial    \(Self.text(partial)) rejected") }
        lines.append("refused    \(Self.text(refused.values.reduce(into: Tally.Count()) { $0 += $1 }))")
        for (status, count) in refused.sorted(by: { $0.key < $1.key }) {
            lines.append("           \(status): \(Self.text(count))")
        }
        lines.append("lost       \(Self.text(lost)), \(reconnections) reconnections")
        if missed.requests > 0 { lines.append("missed     \(Self.text(missed)), not sent in time") }
        if let lastError { lines.append("           last error: \(lastError)") }
        let latency = latencyMilliseconds
        lines.append(
            "latency    p50 \(Self.number(latency.p50, 2)) ms, p90 \(Self.number(latency.p90, 2)) ms, "
                + "p99 \(Self.number(latency.p99, 2)) ms, max \(Self.number(latency.max, 2)) ms")
        lines.append(
            "rate       \(Self.number(spansPerSecond, 0)) spans/s, \(Self.number(megabytesPerSecond, 1)) MB/s")
        lines.append("sender     \(Self.number(senderCores, 2)) cores")
        if let serverCores, let serverMicrosecondsPerRequest {
            lines.append(
                "server     \(Self.number(serverCores, 2)) cores, "
                    + "\(Self.number(serverMicrosecondsPerRequest, 1)) µs CPU a request")
        }
        if let daemon { lines += daemon.lines }
        return lines.joined(separator: "\n")
    }

    private static func text(_ count: Tally.Count) -> String {
        "\(count.requests) requests, \(count.spans) spans"
    }

    fileprivate static func number(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }
}

extension LoadReport.Daemon {
    fileprivate var lines: [String] {
        var lines = [
            "daemon     counted \(accepted) accepted (\(late) late), \(duplicates) duplicate, \(rejected) rejected; "
                + "\(uncounted) acknowledged but not counted; \(LoadReport.number(cores, 2)) cores"
        ]
        guard let growth = residentGrowth else {
            let filled = "filled too late for a comparison; --every sets the seconds between scrapes"
            return lines + ["memory     the window \(windowIsFull ? filled : "did not fill")"]
        }
        lines.append(
            "memory     \(LoadReport.number(growth.highest, 2)) % growth since second \(LoadReport.number(growth.since, 0)) "
                + "(highest of the second half), \(LoadReport.number(growth.last, 2)) % at the end, "
                + "\(LoadReport.number(growth.spread, 2)) % between smallest and largest")
        if !windowIsFull { lines.append("           but no span has left the window yet") }
        return lines
    }
}
