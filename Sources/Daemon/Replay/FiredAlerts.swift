package import Rules

/// Every alert that fired, once for each time it did, as it was last told.
package struct FiredAlerts: Sendable {
    private struct Life: Hashable {
        var fingerprint: String
        var activeAt: Int64
    }

    /// In the order in which they fired.
    package private(set) var all: [Alert] = []
    private var places: [Life: Int] = [:]

    mutating func add(_ transitions: [AlertTransition]) {
        for alert in transitions.filter(\.isNotified).map(\.alert) {
            let life = Life(fingerprint: alert.fingerprint, activeAt: alert.activeAt)
            if let place = places[life] {
                all[place] = alert
            } else {
                places[life] = all.count
                all.append(alert)
            }
        }
    }
}
