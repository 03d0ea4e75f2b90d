import Engine
import Pipeline
import Rules
import TestSupport
import YAML

/// Rules that evaluate each value for every group, and one over single spans.
enum PipelineRules {
    static let match = "single"
    static let matchMin: Int64 = 2_000_000_000

    static func groups(_ setting: PipelineSetting) -> [RuleGroup] {
        var rules = setting.values.map { value in
            rule(
                alert: "\(value)", select: value.isOfRequests ? "verb" : "kind", by: labels(value),
                when: setting.offset > 0 && value != .seen
                    ? condition(value, offset: setting.offset) : value.condition,
                over: setting.over, holdFor: setting.fires ? 0 : 100)
        }
        rules.append(
            rule(
                alert: match, select: "kind", by: OperationLabels.names, when: "duration >= 2s",
                over: setting.interval, holdFor: setting.fires ? 0 : 100, isMatch: true))
        let file = """
            groups:
              - name: all
                interval: \(setting.interval / PipelineSetting.second)s
                rules:
            \(rules.map { "      - \($0)" }.joined(separator: "\n"))
            """
        do throws(Diagnostics) {
            return try RuleFile(file, file: "all.yaml", maximumWindow: .max).groups
        } catch {
            preconditionFailure("rules of the check itself: \(error)")
        }
    }

    /// The operator follows the value, and the offset stands between them.
    private static func condition(_ value: NaiveRuleValue, offset: Int64) -> String {
        value.condition.replacing(" >=", with: " offset \(offset / PipelineSetting.second)s >=")
    }

    static func labels(_ value: NaiveRuleValue) -> [String] {
        value.isOfRequests ? RequestLabels.names : OperationLabels.names
    }

    /// Those that an alert has: clusters are always told apart.
    static func told(_ value: NaiveRuleValue) -> [String] { labels(value) + [SeriesLabels.cluster] }

    private static func rule(
        alert: String, select: String, by: [String], when: String, over: Int64, holdFor hours: Int,
        isMatch: Bool = false
    ) -> String {
        """
        {alert: \(alert), \(isMatch ? "match" : "select"): {\(select): "=~ .*"}, by: [\(by.joined(separator: ", "))], \
        when: "\(when)", over: \(over / PipelineSetting.second)s, for: \(hours)h}
        """
    }
}

extension PipelineCheck {
    private static let entriesMax = 6

    /// The values of alerts after each evaluation match the spans that had arrived by then.
    func checkRules(isExactlyAttributed: Bool) throws(Finding) {
        let checksAttribution =
            isExactlyAttributed && setting.settle >= setting.settleMax && setting.values.contains { $0.isOfAttribution }
        let entries = log.entries
        // As many evaluations as there is time for, including the last.
        let step = entries.count / Self.entriesMax + 1
        for entry in entries.enumerated().filter({ ($0.offset + 1 - entries.count) % step == 0 }).map(\.element) {
            let known = naive.prefix(entry.spans)
            let spans = checksAttribution ? known.attributedSpans() : known.unattributed
            for value in setting.values where checksAttribution || !value.isOfAttribution {
                try check(value, entry, spans)
            }
            try checkMatches(entry)
        }
    }

    private func check(
        _ value: NaiveRuleValue, _ entry: EvaluationLog.Entry, _ spans: [NaiveReport.AttributedSpan]
    ) throws(Finding) {
        var found: [[String: String]: Double] = [:]
        for alert in entry.alerts where alert.name == "\(value)" { found[alert.labels] = alert.value ?? .nan }
        let length = value == .burnRate ? 60 * PipelineSetting.second : setting.over
        let end = entry.time - (value == .seen ? 0 : setting.offset)
        let isBucketed = setting.evicts && (setting.values.contains { $0.isOfBuckets })
        func expected(_ range: Range<Int64>) -> [[String: String]: Double] {
            values(value, spans.filter { range.contains(Int64($0.span.end)) }, over: range.count)
        }
        let exact = expected(end - length..<end)
        var rounded: [[[String: String]: Double]]?
        for (labels, one) in exact {
            if let value = found[labels], isSame(value, one, isBucketed: isBucketed) { continue }
            // What is before the window is rounded to whole minutes.
            let others = rounded ?? roundedRanges(from: end - length, to: end).map(expected)
            rounded = others
            let possible = [one] + others.map { $0[labels] }
            if possible.contains(nil) { continue }
            guard let value = found[labels] else {
                throw Finding("no \(value) of \(labels) at \(entry.time), though there are spans")
            }
            try require(
                possible.contains { isSame(value, $0 ?? .nan, isBucketed: isBucketed) },
                "\(value) of \(labels) at \(entry.time) instead of \(possible)")
        }
    }

    private func isSame(_ value: Double, _ expected: Double, isBucketed: Bool) -> Bool {
        abs(value - expected) <= (isBucketed ? 0.0055 : 1e-12) * expected + (isBucketed ? 1e-9 : 0)
    }

    /// The ranges that an evaluation may cover if spans have left the window, Unix nanoseconds.
    private func roundedRanges(from: Int64, to: Int64) -> [Range<Int64>] {
        guard setting.evicts else { return [] }
        let minute = 60 * PipelineSetting.second
        func nearest(_ time: Int64) -> Int64 { (time + minute / 2) / minute * minute }
        // The window may begin anywhere in the range's first minute.
        let begin = from / minute * minute
        let horizons = stride(from: begin, to: begin + minute, by: Int(Window.slotWidth)).filter { $0 > from }
        return Set([from, begin, nearest(from)] + horizons).sorted().flatMap { first in
            [first..<max(to, first), first..<max(nearest(to), first + minute)]
        }
    }

    private func values(
        _ value: NaiveRuleValue, _ spans: [NaiveReport.AttributedSpan], over nanoseconds: Int
    ) -> [[String: String]: Double] {
        var groups: [[String: String]: [NaiveReport.AttributedSpan]] = [:]
        for attributed in spans {
            let labels = PipelineRules.told(value).map { name in
                (
                    name,
                    value.isOfRequests ? attributed.requestLabels?[name] : attributed.span.operationLabels[name]
                )
            }
            if value.isOfRequests, attributed.requestLabels == nil { continue }
            let known = labels.compactMap { name, text in text.flatMap { $0.isEmpty ? nil : (name, $0) } }
            groups[Dictionary(uniqueKeysWithValues: known), default: []].append(attributed)
        }
        let over = Double(nanoseconds) / 1e9
        return groups.compactMapValues { value.value(of: $0, over: over) }
    }

    /// There is an alert about single spans if and only if a span that is long enough has just ended; its value is
    /// the longest.
    private func checkMatches(_ entry: EvaluationLog.Entry) throws(Finding) {
        guard !setting.evicts else { return }
        var longest: [[String: String]: Int64] = [:]
        for span in naive.spans.prefix(entry.spans) where span.duration >= PipelineRules.matchMin {
            guard (entry.time - setting.interval..<entry.time).contains(Int64(span.end)) else { continue }
            let labels = span.operationLabels
            let known = (OperationLabels.names + [SeriesLabels.cluster]).compactMap { name in
                labels[name].flatMap { $0.isEmpty ? nil : (name, $0) }
            }
            let key = Dictionary(uniqueKeysWithValues: known)
            longest[key] = max(longest[key] ?? 0, span.duration)
        }
        var found: [[String: String]: Double] = [:]
        for alert in entry.alerts where alert.name == PipelineRules.match { found[alert.labels] = alert.value }
        for (labels, duration) in longest {
            try require(
                found[labels] == Double(duration) / 1e9,
                "a match of \(found[labels] ?? .nan) s instead of \(duration) ns of \(labels) at \(entry.time)")
        }
    }

    // MARK: Evidence

    /// The culprits that alerts name.
    func checkEvidence() throws(Finding) {
        for transition in transitions where transition.alert.state == .firing {
            guard let evidence = transition.alert.evidence else {
                throw Finding("no evidence for \(transition.alert)")
            }
            let culprit = evidence.culprit
            try require(!culprit.why.isEmpty, "a verdict without a reason: \(culprit)")
            try require((culprit.side == nil) == (culprit.certainty == .notClear), "\(culprit)")
            try require(evidence.traces.count <= 5, "\(evidence.traces.count) traces")
            let isKnown = evidence.components.map { $0.baselineSeconds != nil }
            try require(Set(isKnown).count <= 1, "a baseline of some components: \(evidence.components)")
            for part in evidence.components {
                try require(part.seconds >= 0 && part.baselineSeconds ?? 0 >= 0, "\(part)")
            }
        }
    }
}
