/// What is known exactly of a number of spans without looking at each of them again.
package struct LatencyTally: Equatable, Sendable {
    package var count = 0
    package var errors = 0
    /// Sum of durations, nanoseconds.
    package var sum: Int128 = 0

    package init() {}

    static func += (left: inout LatencyTally, right: LatencyTally) {
        left.count &+= right.count
        left.errors &+= right.errors
        left.sum &+= right.sum
    }
}
