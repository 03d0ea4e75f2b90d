package import Rules

/// Every alert that fired, once for each time it did, as it was last told.
package struct FiredAlerts: Sendable {
    private struct Life: Hashable {
        var rule: RuleNumber?
        var fingerprint: String
        var activeAt: Int64
    }

    /// In the order in which they fired.
    package private(set) var all: [Alert] = []
    private var places: [Life: Int] = [:]

    /// - Parameter active: alerts as they stand at the end; evidence may have been found since they were told.
    package init(_ transitions: [AlertTransition], active: [(rule: RuleNumber, alert: Alert)] = []) {
        add(transitions)
        for (rule, alert) in active {
            let life = Life(rule: rule, fingerprint: alert.fingerprint, activeAt: alert.activeAt)
            if let place = places[life] { all[place].evidence = alert.evidence }
        }
    }

    private mutating func add(_ transitions: [AlertTransition]) {
        for transition in transitions where transition.isNotified {
            let alert = transition.alert
            let life = Life(rule: transition.rule, fingerprint: alert.fingerprint, activeAt: alert.activeAt)
            if let place = places[life] {
                all[place] = alert
            } else {
                places[life] = all.count
                all.append(alert)
            }
        }
    }
}
