/// A reading of the clock by which rules are evaluated.
package struct ClockReading: Hashable, Sendable {
    /// Unix nanoseconds.
    package var time: Int64
    /// Whether it doesn't follow from the readings before it, as the clock was set or the process stood still: evaluation
    /// begins anew there.
    package var isJump: Bool

    package init(_ time: Int64, isJump: Bool = false) {
        self.time = time
        self.isJump = isJump
    }
}

extension ClockReading: ExpressibleByIntegerLiteral {
    package init(integerLiteral time: Int64) {
        self.init(time)
    }
}
