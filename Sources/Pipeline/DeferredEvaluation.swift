package import Rules

/// An evaluation of the window as it was at some moment. It may run on another thread while later spans are appended.
/// Only one evaluation of a pipeline runs at a time, in the order of their clocks.
package struct DeferredEvaluation: Sendable {
    package struct Results: Sendable {
        package let transitions: [AlertTransition]
        /// For `Pipeline.attach`, once the appended spans are those of a fixed time.
        package let slots: SlotResults
    }

    private let clock: Int64
    private let evaluator: Evaluator
    private let attribution: WindowAttribution
    private let window: WindowAccess

    init(at clock: Int64, _ evaluator: Evaluator, _ attribution: WindowAttribution, _ window: WindowAccess) {
        self.clock = clock
        self.evaluator = evaluator
        self.attribution = attribution
        self.window = window
    }

    /// Does what `Pipeline.advance(to:)` and `note(clock:)` would have done.
    ///
    /// - Parameter earlier: results that weren't attached yet when this evaluation was prepared; others are harmless.
    package func run(after earlier: [SlotResults]) -> Results {
        var window = window
        for results in earlier { window.include(results) }
        let transitions = evaluator.evaluate(upTo: evaluator.time(at: clock), &window)
        _ = window.settledView(at: clock, by: attribution)
        return Results(transitions: transitions, slots: window.results)
    }
}

extension Pipeline {
    /// Prepares an evaluation at a time (Unix nanoseconds), to run while spans that ended later are appended.
    package func deferredEvaluation(at clock: Int64) -> DeferredEvaluation {
        DeferredEvaluation(
            at: clock, evaluator, attribution, WindowAccess(intake, snapshot: intake.view(at: clock)))
    }

    /// Stores what a deferred evaluation computed.
    package func attach(_ results: SlotResults) { intake.attach(results) }

    /// The first time after an evaluation at `clock` at which `advance(to:)` or `note(clock:)` may have anything to do, if
    /// rules don't change and the clock isn't set back. Doesn't wait for an evaluation under way.
    package func nextDue(after clock: Int64) -> Int64 {
        min(evaluator.nextDue(after: clock), WindowAttribution.nextDue(after: clock))
    }

    /// Whether so little of the window's memory is in use that a few attributions and summaries more or less make no
    /// difference.
    package var hasRoom: Bool { intake.load <= Self.roomyLoad }

    private static let roomyLoad = 0.5
}
