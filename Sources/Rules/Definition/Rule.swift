/// A rule: one alert for each combination of its `by` labels for which its condition holds. The condition determines
/// whether it is about a window or about single spans. Durations are in nanoseconds.
package struct Rule: Hashable, Sendable {
    package var alert: String
    package var selector: Selector
    /// The labels that distinguish the rule's alerts.
    package var by: [String]
    package var condition: Condition
    /// The length of the window, or how long a matching single span counts. 0 if every value of the condition has its
    /// own window.
    package var over: Int64
    /// How long the condition must hold before the alert fires.
    package var holdFor: Int64
    /// How long the condition must be false before a firing alert resolves.
    package var keepFiringFor: Int64
    /// What happens to its alerts when there is no data.
    var noData: NoDataPolicy
    package var labels: [String: String]
    package var annotations: [String: AnnotationTemplate]
    /// Whether its alerts belong to incidents.
    package var isOfIncidents: Bool

    package init(
        alert: String, selector: Selector, by: [String], condition: Condition, over: Int64, holdFor: Int64 = 0,
        keepFiringFor: Int64 = 0, noData: NoDataPolicy = .standard, labels: [String: String] = [:],
        annotations: [String: AnnotationTemplate] = [:], isOfIncidents: Bool = true
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
        self.isOfIncidents = isOfIncidents
    }
}

/// Rules that are evaluated together.
package struct RuleGroup: Hashable, Sendable {
    package var name: String
    /// Nanoseconds. Evaluations happen at its multiples since the epoch.
    package var interval: Int64
    /// How many alerts each rule may have at a time; nil for `limitMax`.
    package var limit: Int?
    package var rules: [Rule]

    static let defaultInterval: Int64 = 15_000_000_000
    /// How many active alerts a rule may have, whatever its group says: more are not useful.
    package static let limitMax = 10_000

    package init(name: String, interval: Int64 = defaultInterval, limit: Int? = nil, rules: [Rule]) {
        self.name = name
        self.interval = interval
        self.limit = limit
        self.rules = rules
    }

    /// The last evaluation at or before `time`, in nanoseconds since the epoch; nil if it would lie before the range of
    /// times.
    package func lastEvaluation(until time: Int64) -> Int64? {
        let sinceMultiple = ((time % interval) + interval) % interval
        let (last, overflow) = time.subtractingReportingOverflow(sinceMultiple)
        return overflow ? nil : last
    }

    /// The first evaluation after `time`; nil at the end of the range of times.
    package func nextEvaluation(after time: Int64) -> Int64? {
        let (next, overflow) = (lastEvaluation(until: time) ?? .min).addingReportingOverflow(interval)
        return overflow ? nil : next
    }
}

/// What happens to an alert whose condition has no data while other spans arrive: its series may have dropped below a
/// minimum count for good, or be gone.
package enum NoDataPolicy: Hashable, Sendable {
    /// Leaves the alert as it is until there is data again.
    case keep
    /// Resolves the alert after this long without data, in nanoseconds. Time in which no other spans arrive doesn't
    /// count.
    case resolve(after: Int64)

    /// Longer than the quiet spells of a live series, but short enough that no one works on a fault that is over.
    package static let standard = NoDataPolicy.resolve(after: 900_000_000_000)
}
