/// A reading of the clock that drives evaluation.
package struct ClockReading: Hashable, Sendable {
    /// Unix nanoseconds.
    package var time: Int64
    /// Whether it doesn't follow from earlier readings, because the clock was set or the process was suspended.
    /// Evaluation restarts there.
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
