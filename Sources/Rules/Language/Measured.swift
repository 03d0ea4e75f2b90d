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
    /// Those of the rule's spans or requests, each series against itself at an earlier time.
    case slowdown(SlowdownRatio)

    /// Nanoseconds back to the time that it is compared with; 0 where there is none.
    var ago: Int64 { if case .slowdown(let slowdown) = self { slowdown.ago } else { 0 } }

    private var order: (Int, Int64, Double) {
        switch self {
        case .durations: (0, 0, 0)
        case .selfTimes: (1, 0, 0)
        case .parts: (2, 0, 0)
        case .part(let component): (3, Int64(component.number), 0)
        case .slowdown(let slowdown): (4, slowdown.ago, slowdown.quantile.fraction)
        }
    }

    package static func < (left: Measured, right: Measured) -> Bool { left.order < right.order }
}
