import Engine
import Foundation
import Report
import Rules
import Support

/// A report as text for people: the incidents, the requests, then the operations.
struct ReportText {
    private let report: Report
    private let operations: OperationTables
    private let services: ServiceNames
    private let style: TextStyle
    private let order: RowOrder
    /// Whether clusters have to be distinguished, or spans with and without a cluster.
    private let hasClusters: Bool

    private static let componentsMax = 5
    /// Columns for a cluster's name, so that what it is about fits beside it.
    private static let clusterMax = 16
    /// Smallest share of the total time for which a component gets a column.
    private static let shareMin = 0.01

    /// - Parameters:
    ///   - operations: those of the report, streams apart; nil leaves them together.
    ///   - services: which services are API servers.
    init(
        _ report: Report, operations: OperationTables? = nil, services: ServiceNames = .usual, style: TextStyle,
        order: RowOrder = RowOrder()
    ) {
        self.report = report
        self.operations = operations ?? OperationTables(rest: report.operations)
        self.services = services
        self.style = style
        self.order = order
        hasClusters = Set(report.operations.map(\.cluster) + report.requests.map(\.cluster)).count > 1
    }

    /// Ends with a line break.
    var text: String {
        let parts = [spans, restarts, withoutServer, incidents, alerts, requests, rest, streams, comparison]
        return parts.compactMap(\.self).joined(separator: "\n")
    }

    private var spans: String {
        let counts = report.spans
        var text = countText(counts.accepted, "span")
        if let first = report.firstEnd, let last = report.last { text += " that ended from \(first) to \(last)" }
        if counts.duplicates > 0 { text += "; \(countText(counts.duplicates, "duplicate"))" }
        if counts.late > 0 { text += "; \(countText(counts.late)) late" }
        if let unattributed = counts.unattributed {
            let evicted =
                unattributed.evicted > 0 ? " (\(countText(unattributed.evicted)) evicted before attribution)" : ""
            let count = unattributed.settled + unattributed.evicted + unattributed.slot_full
            text += "; \(countText(count)) not attributed to any request\(evicted)"
        }
        for (reason, count) in counts.rejected.sorted(by: { $0.key < $1.key }) {
            text += "; \(countText(count)) rejected: \(reason)"
        }
        return style.prose(text)
    }

    /// When the daemon was restarted, and what that means; nil if it wasn't.
    private var restarts: String? {
        guard let runs = report.runs?.dropFirst(), let first = runs.first else { return nil }
        let starts = Array(runs.map(\.start)).listed("and")
        let alerts = first.state == .continued ? "alerts continue as its state directory had them" : "alerts begin anew"
        return style.prose(
            "the daemon that recorded them was restarted at \(starts): from there on rules see only what it received since, and "
                + alerts)
    }

    /// Says so if nothing is known about requests because there is no API server; else nil.
    private var withoutServer: String? {
        let names = Set(report.sources.map(\.service))
        guard !names.isEmpty, !names.contains(where: { services.role(of: $0) == .apiServer }) else { return nil }
        let found = names.sorted().map { $0.isEmpty ? "one without service.name" : $0 }.joined(separator: ", ")
        return style.prose(
            "no service is an API server, so there are no requests and most built-in rules have nothing to judge. There "
                + "is only "
                + "\(PrintableText.escape(found).shortened(60)); if one of these is an API server, name it in a configuration "
                + "(--config), as in services: {apiserver: [NAME]}")
    }

    // MARK: Incidents and alerts

    private var incidents: String {
        IncidentText(
            style: style, alerts: report.alerts, hasClusters: hasClusters, stopped: report.stoppedIncidents
        ).text(report.incidents)
    }

    /// The alerts that belong to no incident; nil if there are only others.
    private var alerts: String? {
        let rows = report.incidents.flatMap(\.alerts)
        let others = report.alerts.filter { alert in
            !rows.contains { $0.alert == alert.alert && $0.labels == alert.labels && $0.activeAt == alert.activeAt }
        }
        return others.isEmpty && !rows.isEmpty
            ? nil : AlertText(style: style, stopped: report.stoppedAlerts).text(others, besideIncidents: !rows.isEmpty)
    }

    // MARK: Requests

    private var requests: String {
        let components = mainComponents
        let latencies: [TextTable.Column] = [
            .init("requests"), .init("errors"), .init("p50"), order.column(.p90, rank: 9), .init("p99"),
            order.column(.max, rank: 8),
        ]
        var table = TextTable(
            latencies + components.enumerated().map { .init($1, rank: $0) } + clusterColumn + [.init("request")])
        for row in order.first(of: report.requests) {
            let shares = components.map { name in row.components.first { $0.component == name }?.share ?? 0 }
            table.add(
                [
                    countText(row.count), errorText(row.errors, of: row.count), durationText(seconds: row.p50_seconds),
                    durationText(seconds: row.p90_seconds), durationText(seconds: row.p99_seconds),
                    durationText(seconds: row.max_seconds),
                ] + shares.map(shareText) + cluster(row.cluster) + [PrintableText.escape(RequestName.text(row))])
        }
        return style.heading("Requests to the API server", note: "without watches and other long-running ones")
            + table.render(style) + more(report.requests.count) + sampling + withoutAuthentication
    }

    /// Says so if spans were left out, so that rates are estimates.
    private var sampling: String {
        let kept = report.sources.filter { $0.sampling_ratio ?? 1 < 1 }
        let services = Dictionary(grouping: kept) { row in
            [row.service, percentText(row.sampling_ratio ?? 1), row.sampling_source ?? ""]
        }
        return services.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { service in
            "rates are estimates: \(PrintableText.escape(service[0])) keeps \(service[1]) of its traces (\(service[2]))\n"
        }.joined()
    }

    /// Says so if requests begin later than they really did.
    private var withoutAuthentication: String {
        let counts = report.requests.compactMap(\.without_authentication)
        let (sampled, crowded) = (counts.reduce(0) { $0 + $1.sampled }, counts.reduce(0) { $0 + $1.too_many })
        let areSampled = report.sources.contains { $0.sampling_ratio ?? 1 < 1 }
        var text = ""
        if sampled > 0 {
            let reason = areSampled ? "the spans are sampled" : Self.apart
            text += style.prose("\(Self.shown(sampled)): \(reason)")
        }
        if crowded > 0 {
            text += style.prose(
                "\(Self.shown(crowded)): too many authentications run at once to tell which request each belongs to"
            )
        }
        return text
    }

    private static func shown(_ count: Int) -> String {
        count == 1
            ? "1 request is shown without its authentication"
            : "\(countText(count)) requests are shown without their authentication"
    }

    /// Why authentications can't be tied to requests although nothing shows a sampler.
    private static let apart =
        "too many requests came without one, or authentications without a request: their spans were lost, or are sent or sampled separately"

    /// The components with the largest shares of all requests' time; each gets a column.
    private var mainComponents: [String] {
        var seconds: [String: Double] = [:]
        for row in report.requests {
            for part in row.components { seconds[part.component, default: 0] += part.seconds }
        }
        let total = seconds.values.reduce(0, +)
        return seconds.filter { $0.value >= total * Self.shareMin }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.componentsMax).map(\.key)
    }

    // MARK: Operations

    private var rest: String {
        let latencies: [TextTable.Column] = [
            .init("p50"), order.column(.p90, rank: 9), .init("p99"), order.column(.max, rank: 8), .init("self p99"),
        ]
        let counts: [TextTable.Column] = [.init("spans"), .init("rate", rank: 7), .init("errors")]
        var table = TextTable(counts + latencies + clusterColumn + [.init("operation")])
        for row in order.first(of: operations.rest) {
            table.add(
                [
                    countText(row.count), rateText(row.rate), errorText(row.errors, of: row.count),
                    durationText(seconds: row.p50_seconds), durationText(seconds: row.p90_seconds),
                    durationText(seconds: row.p99_seconds), durationText(seconds: row.max_seconds),
                    row.self_p99_seconds.map { durationText(seconds: $0) } ?? "-",
                ] + cluster(row.cluster) + [name(row)])
        }
        return style.heading("Operations") + "\n" + table.render(style) + more(operations.rest.count)
    }

    /// nil if there are none.
    private var streams: String? {
        guard !operations.streams.isEmpty else { return nil }
        let figures: [TextTable.Column] = [.init("spans"), .init("errors"), .init("p50"), .init("max")]
        var table = TextTable(figures + clusterColumn + [.init("operation")])
        for row in order.first(of: operations.streams) {
            table.add(
                [
                    countText(row.count), errorText(row.errors, of: row.count), durationText(seconds: row.p50_seconds),
                    durationText(seconds: row.max_seconds),
                ] + cluster(row.cluster) + [name(row)])
        }
        let note = "watches and other long-running requests, their child spans, and authentication in traces of its own"
        return style.heading("Streams", note: note) + table.render(style) + more(operations.streams.count)
    }

    /// A column for the cluster, if there is more than one.
    private var clusterColumn: [TextTable.Column] { hasClusters ? [.init("cluster")] : [] }

    private func cluster(_ name: String?) -> [String] {
        hasClusters ? [PrintableText.escape(name ?? "-").shortened(Self.clusterMax)] : []
    }

    private func name(_ row: OperationRow) -> String {
        PrintableText.escape("\(row.service) \(row.operation) (\(row.kind.lowercased()))")
    }

    private func more(_ count: Int) -> String {
        guard count > order.top else { return "" }
        return style.prose("… and \(countText(count - order.top)) more: --top N shows N, --format json all")
    }

    // MARK: Rules

    /// How often and how long each rule fired, next to the old one.
    private var comparison: String? {
        guard let rows = report.comparison else { return nil }
        var table = TextTable([
            .init("fired"), .init("before"), .init("firing for"), .init("before"), .init("rule"),
        ])
        for row in rows {
            table.add([
                row.new.map { String($0.fired) } ?? "-", row.old.map { String($0.fired) } ?? "-",
                row.new.map { firing($0) } ?? "-", row.old.map { firing($0) } ?? "-",
                PrintableText.escape("\(row.alert) (\(row.group))"),
            ])
        }
        return style.heading("Rules compared", note: "- means the rule is missing") + table.render(style)
    }

    private func firing(_ activity: RuleActivity) -> String {
        stretchText(Int64(activity.firing_seconds.rounded()) * 1_000_000_000)
    }
}
