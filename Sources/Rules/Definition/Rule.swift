/// A rule: an alert for each combination of its `by` labels for which its condition holds. Its condition says whether it
/// is about a window, or about single spans. Durations in nanoseconds.
package struct Rule: Hashable, Sendable {
    package var alert: String
    package var selector: Selector
    /// The labels that tell one alert of the rule from another.
    package var by: [String]
    package var condition: Condition
    /// The length of the window, or how long a single span that matches counts; 0 where all values of the condition have
    /// windows of their own.
    package var over: Int64
    /// How long the condition has to hold before the alert fires.
    package var holdFor: Int64
    /// How long the condition has to be false before a firing alert resolves.
    package var keepFiringFor: Int64
    /// What becomes of its alerts when it has no data.
    package var noData: NoDataPolicy
    package var labels: [String: String]
    package var annotations: [String: AnnotationTemplate]

    package init(
        alert: String, selector: Selector, by: [String], condition: Condition, over: Int64, holdFor: Int64 = 0,
        keepFiringFor: Int64 = 0, noData: NoDataPolicy = .standard, labels: [String: String] = [:],
        annotations: [String: AnnotationTemplate] = [:]
    ) {
        self.alert = alert
        self.selector = selector
        self.by = by
        self.condition = condition
        self.over = over
        self.holdFor = holdFor
        self.keepFiringFor = keepFiringFor
        self.noData = noData
        self.labels = labels
        self.annotations = annotations
    }
}

/// Rules that are evaluated together.
package struct RuleGroup: Hashable, Sendable {
    package var name: String
    /// Nanoseconds. Evaluations fall on its multiples since the epoch.
    package var interval: Int64
    /// How many alerts each of the rules may have at a time; nil for as many as any rule may have.
    package var limit: Int?
    package var rules: [Rule]

    static let defaultInterval: Int64 = 15_000_000_000
    /// Active alerts of one rule, whatever its group says: beyond it a rule pages nobody any better.
    package static let limitMax = 10_000

    package init(name: String, interval: Int64 = defaultInterval, limit: Int? = nil, rules: [Rule]) {
        self.name = name
        self.interval = interval
        self.limit = limit
        self.rules = rules
    }

    /// The last time until another at which the group is evaluated, nanoseconds since the epoch; nil before time begins.
    package func lastEvaluation(until time: Int64) -> Int64? {
        let sinceMultiple = ((time % interval) + interval) % interval
        let (last, overflow) = time.subtractingReportingOverflow(sinceMultiple)
        return overflow ? nil : last
    }
}

/// Where alerts go.
package enum SinkDefinition: Hashable, Sendable {
    case stdout(StdoutFormat)
    /// The file of headers is relative to the working directory or absolute.
    case webhook(url: String, headersFile: String?)
    /// The URL is that of the Alertmanager, not of its API.
    case alertmanager(url: String, headersFile: String?)
}

package enum StdoutFormat: String, Hashable, Sendable, CaseIterable {
    case text
    case json
}

/// What becomes of an alert whose condition has no data while other spans come: the series it is about may have thinned out
/// below a minimum count for good, or be gone.
package enum NoDataPolicy: Hashable, Sendable {
    /// It stays as it is until there is data again.
    case keep
    /// It ends when there was none for so long, nanoseconds. Time in which nothing else came either doesn't count.
    case resolve(after: Int64)

    /// Longer than the quiet spells of a series that is still there, short enough that nobody works on what is over.
    package static let standard = NoDataPolicy.resolve(after: 900_000_000_000)
}
