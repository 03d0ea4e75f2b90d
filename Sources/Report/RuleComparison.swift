package import Rules
package import Support

/// How often and how long the rules of two sets fired over the same spans, rule by rule.
package struct RuleComparison: Sendable {
    /// A rule of the new set, the old one, or both.
    package struct Row: Encodable, Sendable {
        package var alert: String
        package var group: String
        /// null if the set has no such rule.
        @OrNull package var new: RuleActivity?
        @OrNull package var old: RuleActivity?
    }

    private(set) var rows: [Row] = []

    /// - Parameters:
    ///   - new: the first groups of the evaluator that found `transitions`; the `old` ones follow them.
    ///   - end: alerts still firing count up to this time, Unix nanoseconds.
    ///   - stops: when a daemon stopped and its alerts ended, Unix nanoseconds, each with the number of transitions
    ///     before it.
    package init(
        new: [RuleGroup], old: [RuleGroup], _ transitions: [AlertTransition], end: Int64,
        stops: [(count: Int, time: Int64)] = []
    ) {
        var activities: [RuleNumber: RuleActivity] = [:]
        var ends = (stops + [(transitions.count, end)])[...]
        for (index, transition) in transitions.enumerated() where transition.isNotified {
            while let end = ends.first, end.count <= index {
                for rule in activities.keys { activities[rule]?.close(at: end.time) }
                ends.removeFirst()
            }
            guard let rule = transition.rule else { continue }
            activities[rule, default: RuleActivity()].add(transition)
        }
        // Rules with the same name are matched by their order.
        var rowOfName: [Name: Int] = [:]
        var counted: [String: Int] = [:]
        for (index, group) in (new + old).enumerated() {
            if index == new.count { counted = [:] }
            for (number, rule) in group.rules.enumerated() {
                let name = Name(alert: rule.alert, number: counted[rule.alert, default: 0])
                counted[rule.alert, default: 0] += 1
                var activity = activities[RuleNumber(group: index, rule: number)] ?? RuleActivity()
                if let end = ends.first { activity.close(at: end.time) }
                if index < new.count {
                    rowOfName[name] = rows.count
                    rows.append(Row(alert: rule.alert, group: group.name, new: activity))
                } else if let row = rowOfName[name] {
                    rows[row].old = activity
                } else {
                    rows.append(Row(alert: rule.alert, group: group.name, old: activity))
                }
            }
        }
    }

    private struct Name: Hashable {
        var alert: String
        var number: Int
    }
}

/// The firing of one rule.
package struct RuleActivity: Encodable, Sendable {
    /// How many times an alert fired.
    package private(set) var fired = 0
    /// Total firing time.
    package private(set) var firing_seconds = 0.0
    /// When each firing alert started, by fingerprint; Unix nanoseconds.
    private var since: [String: Int64] = [:]

    mutating func add(_ transition: AlertTransition) {
        let fingerprint = transition.alert.fingerprint
        if transition.alert.state == .firing {
            fired += 1
            since[fingerprint] = transition.time
        } else if let start = since.removeValue(forKey: fingerprint) {
            firing_seconds += Double(transition.time - start) / 1e9
        }
    }

    mutating func close(at end: Int64) {
        for start in since.values.sorted() { firing_seconds += Double(max(end - start, 0)) / 1e9 }
        since = [:]
    }

    private enum CodingKeys: String, CodingKey {
        case fired, firing_seconds
    }
}
