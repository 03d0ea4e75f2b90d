import Support

/// Stretches of time of equal length, aligned to multiples of it. Unix nanoseconds.
package struct StepGrid: Equatable, Sendable {
    package let step: Int64
    package let count: Int
    private let first: Int64

    /// The steps that have any moment of a range.
    package init(_ range: Range<Int64>, step: Int64) {
        precondition(step > 0 && range.lowerBound >= 0)
        self.step = step
        first = range.lowerBound / step
        let end = range.isEmpty ? first : (range.upperBound - 1) / step + 1
        count = Int(end - first)
    }

    package var range: Range<Int64> { start(0)..<start(count) }

    package func start(_ index: Int) -> Int64 { (first + Int64(index)).multipliedSaturating(by: step) }

    func bounds(_ index: Int) -> Range<Int64> { start(index)..<start(index + 1) }

    /// The steps that have any moment of a slot.
    func steps(of slot: SlotView) -> Range<Int> {
        let from = max(slot.start / step - first, 0)
        let to = min((slot.end - 1) / step - first + 1, Int64(count))
        return from < to ? Int(from)..<Int(to) : 0..<0
    }

    var isOfWholeMinutes: Bool { step % 60_000_000_000 == 0 }
}

extension WindowView {
    /// Whether a step is before the window, at least in part.
    func isBeyond(_ bounds: Range<Int64>) -> Bool {
        bounds.lowerBound < horizon && beyond(from: bounds.lowerBound, to: bounds.upperBound) != nil
    }
}
