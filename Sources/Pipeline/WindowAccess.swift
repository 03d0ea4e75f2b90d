import Engine

/// Attributions and summaries of slots, to be stored in the window.
package struct SlotResults: Sendable {
    fileprivate(set) var attributions: [SettledSlot] = []
    fileprivate(set) var summaries: [SlotSummaries] = []
}

/// How an evaluation reads the window and stores what it computed about slots: in the window itself, or separately
/// while spans are appended.
struct WindowAccess {
    private let intake: SpanIntake
    /// The window as it was; nil as it is now.
    private var snapshot: (view: WindowView, load: Double)?
    /// What was stored aside.
    private(set) var results = SlotResults()

    init(_ intake: SpanIntake, snapshot: (view: WindowView, load: Double)? = nil) {
        self.intake = intake
        self.snapshot = snapshot
    }

    /// The window when the clock reads `clock`. What has settled in it is attributed and stored.
    ///
    /// - Parameter time: the time that is about to be evaluated.
    mutating func settledView(
        at clock: Int64, evaluating time: Int64? = nil, by attribution: WindowAttribution
    ) -> WindowView {
        let isStored = snapshot == nil
        let (view, load) = snapshot ?? intake.view(at: clock, evaluating: time, isAttributing: true)
        attribution.settle(at: clock, view, load: load) { attach($0) }
        if isStored { intake.endAttributing() }
        return view
    }

    private mutating func attach(_ settled: [SettledSlot]) {
        guard snapshot != nil else { return intake.attach(settled) }
        results.attributions += settled
        for slot in settled { snapshot?.view.attach(slot) }
    }

    mutating func attach(_ summaries: [SlotSummaries]) {
        guard snapshot != nil else { return intake.attach(summaries) }
        results.summaries += summaries
        for summaries in summaries { snapshot?.view.attach(summaries) }
    }

    /// Adds what an earlier evaluation stored separately, which the snapshot may lack.
    mutating func include(_ earlier: SlotResults) {
        for slot in earlier.attributions { snapshot?.view.attach(slot) }
        for summaries in earlier.summaries { snapshot?.view.attach(summaries) }
    }
}

extension SpanIntake {
    func attach(_ results: SlotResults) {
        attach(results.attributions)
        attach(results.summaries)
    }
}
