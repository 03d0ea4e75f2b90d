package import Engine
import Support
package import YAML

/// Rules as Prometheus alerting rules, as far as PromQL can express them.
///
/// Source: Prometheus, "Alerting rules" and "Recording rules" (the syntax of rule files).
package struct PrometheusRules {
    /// A rule file of Prometheus.
    package let file: YAMLValue
    /// One line for each rule that is left out, and one for each difference in the others.
    package private(set) var remarks: [String] = []

    /// - Parameters:
    ///   - services: which services have the roles that rules select.
    ///   - histograms: as Prometheus stores them.
    package init(_ groups: [RuleGroup], services: ServiceNames, histograms: StoredHistograms = .classic) {
        var remarks: [String] = []
        var rulesByNote: [String: [String]] = [:]
        let exported = groups.compactMap { group -> YAMLValue? in
            let rules = group.rules.compactMap { rule -> YAMLValue? in
                do {
                    var condition = try PromQLCondition(rule, services, histograms)
                    let text = try condition.text()
                    for note in Set(condition.notes) { rulesByNote[note, default: []].append(rule.alert) }
                    return Self.exported(rule, text)
                } catch {
                    remarks.append("\(rule.alert) is left out: \(error)")
                    return nil
                }
            }
            guard !rules.isEmpty else { return nil }
            let limit: [(String, YAMLValue)] = group.limit.map { [("limit", .number($0))] } ?? []
            return .map(
                [("name", .text(group.name)), ("interval", .text(Self.duration(group.interval)))] + limit
                    + [("rules", .list(rules))])
        }
        file = ["groups": .list(exported)]
        self.remarks = remarks
        for (note, rules) in rulesByNote.sorted(by: { $0.key < $1.key }) {
            self.remarks.append("\(note): \(Set(rules).sorted().joined(separator: ", "))")
        }
    }

    private static func exported(_ rule: Rule, _ expression: String) -> YAMLValue {
        var fields: [(String, YAMLValue)] = [("alert", .text(rule.alert)), ("expr", .text(expression))]
        if rule.holdFor > 0 { fields.append(("for", .text(duration(rule.holdFor)))) }
        if rule.keepFiringFor > 0 { fields.append(("keep_firing_for", .text(duration(rule.keepFiringFor)))) }
        if !rule.labels.isEmpty { fields.append(("labels", texts(rule.labels))) }
        if !rule.annotations.isEmpty {
            fields.append(("annotations", texts(rule.annotations.mapValues(\.prometheusText))))
        }
        return .map(fields)
    }

    private static func texts(_ values: [String: String]) -> YAMLValue {
        .map(values.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })
    }

    /// Prometheus knows no durations below a millisecond.
    private static func duration(_ nanoseconds: Int64) -> String {
        DurationText.format(max(nanoseconds / 1_000_000, 1) * 1_000_000)
    }
}

extension AnnotationTemplate {
    /// The template for Prometheus, which has neither a culprit nor Faultline's filters.
    fileprivate var prometheusText: String {
        text.replacing(/\{\{\s*\$culprit\s*\}\}/, with: "see Faultline")
            .replacing(/\{\{\s*\$value\s*\|\s*(\w+)\s*\}\}/) { match in
                let filter = ValueFilter(rawValue: String(match.1))
                return "{{ $value | \(filter?.prometheus.rawValue ?? String(match.1)) }}"
            }
    }
}
