/// What a run found.
struct LoadReport: Codable {
    var seconds: Double
    var sent: Tally.Count
    var accepted: Tally.Count
    var partial: Tally.Count
    var refused: [String: Tally.Count]
    var lost: Tally.Count
    var reconnections: Int
    var lastError: String?
    var spansPerSecond: Double
    var megabytesPerSecond: Double
    var latencyMilliseconds: Latency
    /// Cores that this process kept busy; near the number of its threads, it was what limited the rate.
    var senderCores: Double
    /// CPU time of the server, where its process is known.
    var serverMicrosecondsPerRequest: Double?
    var serverCores: Double?
    var daemon: Daemon?
    /// Whether the daemon should have been asked and did not answer.
    var isUnobserved = false

    struct Latency: Codable {
        var p50: Double
        var p90: Double
        var p99: Double
        var max: Double
    }

    /// What the daemon's own counters say about the same time.
    struct Daemon: Codable {
        var accepted: Int
        var duplicates: Int
        var rejected: Int
        var late: Int
        var requestsRefused: Int
        var cores: Double
        /// Spans that it acknowledged and did not count.
        var uncounted: Int
        var windowIsFull: Bool
        /// Percent of the first value since the window filled: how much higher the highest of the run's second half is,
        /// and the last one.
        var residentGrowthPercent: Double?
        var residentGrowthAtEndPercent: Double?
        var residentSpreadPercent: Double?
    }

    /// Whether every span was taken and is counted.
    var isClean: Bool {
        lost.requests == 0 && refused.isEmpty && partial.requests == 0 && !isUnobserved
            && (daemon.map { $0.uncounted == 0 && $0.duplicates == 0 } ?? true)
    }

    init(_ tally: Tally, seconds: Double, senderNanoseconds: Int64, serverNanoseconds: Int64?) {
        self.seconds = seconds
        sent = tally.sent
        accepted = tally.accepted
        partial = tally.partial
        refused = tally.refused
        lost = tally.lost
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
        residentGrowthPercent = memory.growth?.highest
        residentGrowthAtEndPercent = memory.growth?.last
        residentSpreadPercent = memory.growth?.spread
    }
}
