import Foundation

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
        guard let residentGrowthPercent, let residentGrowthAtEndPercent, let residentSpreadPercent else {
            return lines + ["memory     the window \(windowIsFull ? "has only just filled" : "did not fill")"]
        }
        lines.append(
            "memory     \(LoadReport.number(residentGrowthPercent, 2)) % growth since the window filled (highest of the "
                + "second half), \(LoadReport.number(residentGrowthAtEndPercent, 2)) % at the end, "
                + "\(LoadReport.number(residentSpreadPercent, 2)) % between smallest and largest")
        if !windowIsFull { lines.append("           though no span has had to leave the window") }
        return lines
    }
}
