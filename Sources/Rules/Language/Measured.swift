package import Engine

/// What durations a value of a condition is about.
package enum Measured: Hashable, Comparable, Sendable {
    /// Those of the rule's spans or requests.
    case durations
    /// What its spans took themselves.
    case selfTimes
    /// What a component took of its requests.
    case part(Component)
    /// What all components together took of them.
    case parts

    private var order: Int {
        switch self {
        case .durations: -3
        case .selfTimes: -2
        case .parts: -1
        case .part(let component): Int(component.number)
        }
    }

    package static func < (left: Measured, right: Measured) -> Bool { left.order < right.order }
}

extension Measure {
    /// What has to be measured for it, the first first.
    var measured: [Measured] {
        switch self {
        case .quantile, .mean, .max, .count, .rate, .errors, .errorRatio, .seen, .duration, .burnRate: [.durations]
        case .selfQuantile, .selfMean, .selfMax: [.selfTimes]
        case .share(let part): [.part(part.component), .parts]
        case .time(let part): [.part(part.component)]
        }
    }
}
