import Foundation
import Report
import Rules
import Support

/// A report as text for people.
struct ReportText {
    private let report: Report
    private let style: TextStyle

    /// Rows shown per table; JSON has all of them.
    private static let rowsMax = 20
    private static let componentsMax = 5
    /// Smallest share of the total time for which a component gets a column.
    private static let shareMin = 0.01

    init(_ report: Report, style: TextStyle) {
        self.report = report
        self.style = style
    }

    var text: String {
        ([spans, incidents, operations, requests] + [alerts, comparison].compactMap(\.self)).joined(separator: "\n")
    }

    private var spans: String {
        let counts = report.spans
        var text = "\(counts.accepted) spans"
        if let first = report.firstEnd, let last = report.last { text += " that ended from \(first) to \(last)" }
        if counts.duplicates > 0 { text += "; \(counts.duplicates) duplicates" }
        if counts.late > 0 { text += "; \(counts.late) late" }
        if let unattributed = counts.unattributed {
            let evicted = unattributed.evicted > 0 ? " (\(unattributed.evicted) evicted before attribution)" : ""
            text +=
                "; \(unattributed.settled + unattributed.evicted + unattributed.slot_full) not attributed to any request\(evicted)"
        }
        for (reason, count) in counts.rejected.sorted(by: { $0.key < $1.key }) {
            text += "; \(count) rejected: \(reason)"
        }
        return text + "\n"
    }

    private var operations: String {
        var table = TextTable(["spans", "/s", "errors", "p50", "p90", "p99", "max", "self p99", "operation"])
        for row in report.operations.prefix(Self.rowsMax) {
            table.add([
                String(row.count), String(format: "%.1f", row.rate), errors(row.errors, row.error_ratio),
                durationText(seconds: row.p50_seconds), durationText(seconds: row.p90_seconds),
                durationText(seconds: row.p99_seconds), durationText(seconds: row.max_seconds),
                row.self_p99_seconds.map { durationText(seconds: $0) } ?? "-",
                PrintableText.escape("\(row.service) \(row.operation) (\(row.kind.lowercased()))"),
            ])
        }
        return style.heading("Operations") + "\n" + table.render(style) + more(report.operations.count)
    }

    private var requests: String {
        let components = mainComponents
        var table = TextTable(["requests", "errors", "p50", "p90", "p99", "max"] + components + ["request"])
        for row in report.requests.prefix(Self.rowsMax) {
            let shares = components.map { name in row.components.first { $0.component == name }?.share ?? 0 }
            table.add(
                [
                    String(row.count), errors(row.errors, Double(row.errors) / Double(row.count)),
                    durationText(seconds: row.p50_seconds), durationText(seconds: row.p90_seconds),
                    durationText(seconds: row.p99_seconds), durationText(seconds: row.max_seconds),
                ] + shares.map { $0 == 0 ? "-" : String(format: "%.0f %%", $0 * 100) }
                    + [PrintableText.escape(name(row))])
        }
        return style.heading("Requests to the API server") + " (excluding watches and other long-running ones)\n"
            + table.render(style) + more(report.requests.count) + withoutAuthentication
    }

    /// Says so if requests begin later than they really did.
    private var withoutAuthentication: String {
        let counts = report.requests.compactMap(\.without_authentication)
        let (sampled, crowded) = (counts.reduce(0) { $0 + $1.sampled }, counts.reduce(0) { $0 + $1.too_many })
        var text = ""
        if sampled > 0 { text += "\(sampled) requests are shown without their authentication: the spans are sampled\n" }
        if crowded > 0 {
            text +=
                "\(crowded) requests are shown without their authentication: there are too many of it to tell whose it is\n"
        }
        return text
    }

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

    private var incidents: String { IncidentText(style: style, alerts: report.alerts).text(report.incidents) }

    /// The alerts that belong to no incident; nil if there are only others.
    private var alerts: String? {
        let rows = report.incidents.flatMap(\.alerts)
        let others = report.alerts.filter { alert in
            !rows.contains { $0.alert == alert.alert && $0.labels == alert.labels && $0.activeAt == alert.activeAt }
        }
        return others.isEmpty && !rows.isEmpty
            ? nil : AlertText(style: style).text(others, besideIncidents: !rows.isEmpty)
    }

    /// How often and how long each rule fired, next to the old one.
    private var comparison: String? {
        guard let rows = report.comparison else { return nil }
        var table = TextTable(["fired", "before", "firing for", "before", "rule"])
        for row in rows {
            table.add([
                row.new.map { String($0.fired) } ?? "-", row.old.map { String($0.fired) } ?? "-",
                row.new.map { firing($0) } ?? "-", row.old.map { firing($0) } ?? "-",
                PrintableText.escape("\(row.alert) (\(row.group))"),
            ])
        }
        return style.heading("Rules compared") + " (- means the rule is missing)\n" + table.render(style)
    }

    private func firing(_ activity: RuleActivity) -> String {
        DurationText.format(Int64(activity.firing_seconds.rounded()) * 1_000_000_000)
    }

    /// `update deployments.apps/status (resource)`, as kubectl writes resources.
    private func name(_ row: RequestRow) -> String {
        guard !row.resource.isEmpty else { return "\(row.verb) (no resource)" }
        var name = "\(row.verb) \(row.resource)"
        if !row.group.isEmpty { name += ".\(row.group)" }
        if !row.subresource.isEmpty { name += "/\(row.subresource)" }
        return row.scope.isEmpty ? name : "\(name) (\(row.scope))"
    }

    private func errors(_ count: Int, _ ratio: Double) -> String {
        count == 0 ? "-" : "\(count) (\(percentText(ratio)))"
    }

    private func more(_ count: Int) -> String {
        count > Self.rowsMax ? "… and \(count - Self.rowsMax) more: --format json has all\n" : ""
    }
}

/// Colours text on a terminal, unless NO_COLOR is set (no-color.org).
struct TextStyle {
    let isColoured: Bool

    init(isTerminal: Bool) {
        let refused = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        isColoured = isTerminal && !refused
    }

    func heading(_ text: String) -> String { wrap(text, "1") }

    func alarm(_ text: String) -> String { wrap(text, "1;31") }

    private func wrap(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// A table with headings. Cells are right-aligned, except in the last column.
struct TextTable {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: [String]) {
        self.headings = headings
    }

    mutating func add(_ cells: [String]) {
        rows.append(cells)
    }

    func render(_ style: TextStyle) -> String {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        var text = style.heading(line(headings, widths)) + "\n"
        for row in rows { text += line(row, widths) + "\n" }
        return text
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        cells.indices.map { column in
            let last = column == cells.count - 1
            let padding = last ? "" : String(repeating: " ", count: widths[column] - cells[column].count)
            return padding + cells[column]
        }.joined(separator: "  ")
    }
}

/// Three significant digits and a unit.
func durationText(seconds: Double) -> String {
    let units: [(scale: Double, name: String)] = [(1, "s"), (1e-3, "ms"), (1e-6, "µs")]
    let unit = units.first { seconds >= $0.scale } ?? (1e-9, "ns")
    let value = seconds / unit.scale
    let digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
    return String(format: "%.\(digits)f", value) + " " + unit.name
}

func percentText(_ ratio: Double) -> String {
    ratio == 0 ? "0" : String(format: ratio < 0.001 ? "%.2f %%" : "%.1f %%", ratio * 100)
}
