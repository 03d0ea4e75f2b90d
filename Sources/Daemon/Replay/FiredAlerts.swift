package import Rules

/// Every alert that fired, once for each time it did, as it was last told.
package struct FiredAlerts: Sendable {
    private struct Life: Hashable {
        var fingerprint: String
        var activeAt: Int64

        init(_ alert: Alert) {
            fingerprint = alert.fingerprint
            activeAt = alert.activeAt
        }
    }

    /// In the order in which they fired.
    package private(set) var all: [Alert] = []
    private var places: [Life: Int] = [:]

    mutating func add(_ transitions: [AlertTransition]) {
        for alert in transitions.filter(\.isNotified).map(\.alert) {
            let life = Life(alert)
            if let place = places[life] {
                all[place] = alert
            } else {
                places[life] = all.count
                all.append(alert)
            }
        }
    }

    /// Takes in how alerts that go on stand now.
    mutating func update(_ active: [Alert]) {
        for alert in active {
            if let place = places[Life(alert)] { all[place] = alert }
        }
    }
}
