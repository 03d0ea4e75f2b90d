import Foundation
import Rules
import Support

/// What a daemon says about the last minute: the part that `faultline top` shows.
struct ShownMinute: Sendable {
    struct Status: Decodable, Sendable {
        var incident: IncidentJSON?
        var last_span: String?
        var last_apiserver_span: String?
        /// nil from a daemon that doesn't say.
        var has_baseline: Bool?
        /// null for a daemon.
        var recorded_from: String?
        var spans_per_second: Double
    }

    struct Alert: Decodable, Sendable {
        var state: String
    }

    struct Request: Decodable, Sendable, LatencyRow {
        struct Part: Decodable, Sendable {
            var component: String
            var seconds: Double
            var share: Double
        }

        /// nil for spans that name none.
        var cluster: String?
        var verb: String
        var group: String
        var resource: String
        var subresource: String
        var scope: String
        var count: Int
        var errors: Int
        /// By second, scaled where traces are sampled.
        var rate: Double
        var p50_seconds: Double
        var p90_seconds: Double
        var p99_seconds: Double
        var max_seconds: Double
        var components: [Part]
    }

    static let seconds = 60.0

    var status: Status
    /// Those that are open besides the one in the status, the most urgent first.
    var otherIncidents: [IncidentJSON]
    var alerts: [Alert]
    var requests: [Request]

    /// The components' shares of the time of all requests, largest first.
    var components: [(name: String, share: Double)] {
        var seconds: [String: Double] = [:]
        for part in requests.flatMap(\.components) { seconds[part.component, default: 0] += part.seconds }
        let total = seconds.values.reduce(0, +)
        guard total > 0 else { return [] }
        return seconds.map { (name: $0.key, share: $0.value / total) }
            .sorted { ($1.share, $0.name) < ($0.share, $1.name) }
    }
}

/// The last minute for a terminal: the verdict, the time by component, and the requests. No line is wider than the
/// style allows.
struct TopText {
    let style: TextStyle
    let address: String
    let order: RowOrder
    /// Unix nanoseconds.
    let now: Int64

    private static let componentsMax = 3
    private static let shareMin = 0.01

    /// - Parameter height: at most this many lines; nil for as many as it takes.
    func lines(_ minute: ShownMinute, height: Int? = nil) -> [String] {
        let head = self.head(minute.status) + verdict(minute) + whoseTime(minute) + [""]
        // The heading of the table takes one.
        var order = order
        if let height { order.top = max(height - head.count - 1, 0) }
        let lines = head + table(minute, order)
        return height.map { Array(lines.prefix($0)) } ?? lines
    }

    private func head(_ status: ShownMinute.Status) -> [String] {
        let clock = Timestamp.rfc3339(now / 1_000_000_000 * 1_000_000_000)
        let last = status.last_span.flatMap { Timestamp.parse(rfc3339: $0) }
        let age = last.map { "last span \(self.age(of: $0))" } ?? "no spans yet"
        let rate = "\(rateText(status.spans_per_second)) spans"
        let title = "faultline \(address)"
        let room = style.width - clock.columns - 2
        return [
            room < 12 ? style.heading(title.cut(style.width)) : style.heading(title.cut(room)) + "  " + clock,
            "\(status.recorded_from == nil ? rate : "recorded spans"), \(age)".cut(style.width),
        ]
    }

    /// `1.52 s ago`; the time if it is longer ago than a minute.
    private func age(of time: Int64) -> String {
        let seconds = Double(max(now - time, 0)) / 1e9
        return seconds < ShownMinute.seconds
            ? "\(durationText(seconds: seconds)) ago" : "at \(Timestamp.rfc3339(time / 1_000_000_000 * 1_000_000_000))"
    }

    private func verdict(_ minute: ShownMinute) -> [String] {
        let firing = minute.alerts.count { $0.state == "firing" }
        let alerts =
            firing == 0 ? "no alert is firing" : "\(countText(firing, "alert")) \(firing == 1 ? "is" : "are") firing"
        guard let incident = minute.status.incident else {
            let doubt = doubt(minute.status).map { "; \($0)" } ?? ""
            return [""] + "no open incident; \(alerts)\(doubt)".wrapped(style.width)
        }
        let facts =
            "since \(incident.startedAt); \(countText(incident.requests.count, "request")) since then, "
            + "\(incident.slowAndFailed); \(alerts)"
        return [""] + Self.said(incident).wrapped(style.width).map(style.alarm) + facts.wrapped(style.width, indent: 4)
            + others(minute.otherIncidents)
    }

    private static func said(_ incident: IncidentJSON) -> String {
        PrintableText.escape((incident.cluster.map { "cluster \($0): " } ?? "") + incident.verdict)
    }

    private func others(_ incidents: [IncidentJSON]) -> [String] {
        guard !incidents.isEmpty else { return [] }
        let named = incidents.prefix(Self.othersMax).flatMap {
            Self.said($0).wrapped(style.width, indent: 4, hanging: 2).map(style.alarm)
        }
        let more = incidents.count - Self.othersMax
        return ["and \(countText(incidents.count, "more incident")):"] + named
            + (more > 0 ? ["    and \(countText(more)) more"] : [])
    }

    private static let othersMax = 3

    /// Why nobody knows that nothing is wrong; nil if everything was heard, and compared.
    private func doubt(_ status: ShownMinute.Status) -> String? {
        guard let hasBaseline = status.has_baseline else { return nil }
        guard let last = status.last_apiserver_span.flatMap({ Timestamp.parse(rfc3339: $0) }) else {
            return "no API server sends spans"
        }
        let isHeard = status.recorded_from != nil || Double(now - last) / 1e9 <= Self.heardSeconds
        return isHeard ? (hasBaseline ? nil : "no baseline yet") : "no API server is heard"
    }

    private static let heardSeconds = 300.0

    private func whoseTime(_ minute: ShownMinute) -> [String] {
        let shares = minute.components.filter { $0.share >= Self.shareMin }.prefix(6).map {
            "\(PrintableText.escape($0.name)) \(shareText($0.share))"
        }
        let text = shares.isEmpty ? "no requests" : shares.joined(separator: ", ")
        return "whose time in the last minute: \(text)".wrapped(style.width, hanging: 4)
    }

    private func table(_ minute: ShownMinute, _ order: RowOrder) -> [String] {
        guard !minute.requests.isEmpty else { return [] }
        let components = minute.components.prefix(Self.componentsMax).map(\.name)
        let latencies: [TextTable.Column] = [
            .init("rate", rank: -3), order.column(.errors, rank: -4), order.column(.p50, rank: -2),
            order.column(.p90, rank: 9), .init("p99"), order.column(.max, rank: 8),
        ]
        let hasClusters = Set(minute.requests.map(\.cluster)).count > 1
        let cluster: [TextTable.Column] = hasClusters ? [.init("cluster")] : []
        var table = TextTable(
            latencies + components.enumerated().map { .init(PrintableText.escape($1), rank: $0 == 0 ? -1 : $0) }
                + cluster + [.init("request")])
        for row in order.first(of: minute.requests) {
            let shares = components.map { name in row.components.first { $0.component == name }?.share ?? 0 }
            let name = RequestName.text(
                verb: row.verb, group: row.group, resource: row.resource, subresource: row.subresource,
                scope: row.scope)
            table.add(
                [
                    rateText(row.rate), errorText(row.errors, of: row.count),
                    durationText(seconds: row.p50_seconds), durationText(seconds: row.p90_seconds),
                    durationText(seconds: row.p99_seconds), durationText(seconds: row.max_seconds),
                ] + shares.map(shareText) + (hasClusters ? [PrintableText.escape(row.cluster ?? "-")] : [])
                    + [PrintableText.escape(name)])
        }
        return table.render(style).split(separator: "\n").map(String.init)
    }
}
