package import Engine
import Rules
import Support
import Synchronization

/// Attributes the requests of a window to components: settled slots for good, the others provisionally for each reader.
///
/// Lock order: its lock before the window's, never the reverse.
final class WindowAttribution: Sendable {
    private struct State: ~Copyable {
        var attributor: Attributor
        var summarizer: SlotSummarizer
        /// The time at which the next slot may have settled.
        var due = Int64.min
        /// Slots attributed before they settled.
        var slotsEarly = 0
    }

    let components: ComponentTable
    private let settle: Int64
    private let digests = Mutex(SlotDigests())
    private let state: Mutex<State>
    /// A copy for readers, so that they don't wait while it works.
    private let published: Mutex<(totals: ComponentTotals, gauges: AttributionGauges)>

    /// - Parameter summaryRowsMin: slots of fewer rows get no summary.
    init(_ settings: AttributionSettings, summaryRowsMin: Int) {
        components = settings.components
        settle = settings.settle
        let attributor = Attributor(
            components: settings.components, settle: settings.settle, portionRows: settings.portionRows)
        published = Mutex((attributor.totals, AttributionGauges(bytes: attributor.byteCount, slotsEarly: 0)))
        state = Mutex(State(attributor: attributor, summarizer: SlotSummarizer(rowsMin: summaryRowsMin)))
    }

    /// Whether a slot may have settled since `settle` was last called, at a time in Unix nanoseconds.
    func isDue(at clock: Int64) -> Bool { state.withLock { clock >= $0.due } }

    /// When the next slot may settle after a call of `settle` at `clock`.
    static func nextDue(after clock: Int64) -> Int64 { (max(clock, 0) / Window.slotWidth + 1) * Window.slotWidth }

    /// The clock was set back: look again for the next slot to settle.
    func setBack() {
        state.withLock { state in
            state.due = .min
            state.attributor.setBack()
        }
    }

    /// Attributes for good the slots that have settled at `clock`, in a view taken at that time.
    ///
    /// - Parameters:
    ///   - load: the fraction of the window's memory in use. A window that is nearly full evicts slots before they
    ///     settle: these are attributed with the spans they have.
    ///   - keep: stores the result in the window.
    func settle(
        at clock: Int64, _ view: WindowView, load: Double,
        keep: ([SettledSlot]) -> Void
    ) {
        state.withLock { state in
            guard clock >= state.due else { return }
            state.due = Self.nextDue(after: clock)
            let leaving = view.slotsLeaving(load: load) ?? .min
            let settled = state.attributor.settle(view, at: max(clock, leaving.addingSaturating(settle)))
            let settledBefore = clock.addingSaturating(-settle - Window.slotWidth)
            state.slotsEarly += settled.count { $0.start > settledBefore }
            // Publish before the slots get their attributions: a reader of both then finds every attributed request in
            // the totals.
            let gauges = AttributionGauges(bytes: state.attributor.byteCount, slotsEarly: state.slotsEarly)
            let totals = state.attributor.totals
            published.withLock { $0 = (totals, gauges) }
            if !settled.isEmpty { keep(settled) }
        }
    }

    /// A view in which all slots are attributed by the spans they have so far, for a query.
    func attributed(_ view: WindowView) -> WindowView { state.withLock { $0.attributor.attributed(view) } }

    /// A view in which all slots that begin before a time are attributed by the spans they have so far, and counted,
    /// for the evaluation at that time (Unix nanoseconds).
    ///
    /// - Parameter thresholds: durations, nanoseconds; rules call a longer span bad.
    func attributed(_ view: WindowView, evaluatedAt time: Int64, thresholds: [Int64]) -> WindowView {
        state.withLock { $0.attributor.attributed(view, upTo: time, &$0.summarizer, thresholds: thresholds) }
    }

    /// Counts what the slots of a view that ended by a time (Unix nanoseconds) have, unless it is already counted.
    ///
    /// - Returns: the new summaries, to store in the window. The view already has them.
    func summarize(_ view: inout WindowView, upTo time: Int64, thresholds: [Int64]) -> [SlotSummaries] {
        state.withLock { $0.summarizer.summarize(&view, upTo: time, thresholds: thresholds) }
    }

    /// The evidence for each question, from an attributed view.
    func evidence(_ questions: [EvidenceQuestion], in view: WindowView) -> [AlertEvidence] {
        digests.withLock { view.evidence(questions, components, &$0) }
    }

    /// Bytes of what was read for evidence and is kept for the next time.
    var evidenceByteCount: Int { digests.withLock { $0.byteCount } }

    /// Totals of settled slots.
    var totals: ComponentTotals { published.withLock { $0.totals } }

    var gauges: AttributionGauges { published.withLock { $0.gauges } }
}

/// Settings of attribution.
package struct AttributionSettings: Sendable {
    package var components = ComponentTable()
    /// How long after its end a slot settles, nanoseconds.
    package var settle: Int64 = 30_000_000_000
    /// Approximate number of spans processed at once.
    package var portionRows = 1 << 20

    package init() {}
}

extension WindowView {
    /// The end of the newest slot that will be evicted soon, Unix nanoseconds; nil if there is none.
    fileprivate func slotsLeaving(load: Double) -> Int64? {
        guard load > Self.loadMax else { return nil }
        let kept = Double(slots.reduce(0) { $0 + $1.count }) * Self.loadMax / load
        var newer = 0
        for slot in slots.reversed() {
            newer += slot.count
            if Double(newer) > kept { return slot.start.addingSaturating(Window.slotWidth) }
        }
        return nil
    }

    private static let loadMax = 0.75
}

/// The window as rules see it in one evaluation. It is attributed when the first rule needs it, such as a rule over
/// requests, which begin with their authentication.
final class EvaluatedWindow: ViewedSource {
    let view: WindowView
    /// Of the evaluation, Unix nanoseconds.
    private let time: Int64
    private let attribution: WindowAttribution
    /// Durations, nanoseconds; rules call a longer span bad.
    private let thresholds: [Int64]
    private let usesCores: Bool
    private lazy var attributed = attribution.attributed(view, evaluatedAt: time, thresholds: thresholds)
    private var parts = WindowParts()

    /// - Parameter usesCores: whether it may compute on several cores at once.
    init(
        _ view: WindowView, at time: Int64, _ attribution: WindowAttribution, thresholds: [Int64], usesCores: Bool
    ) {
        self.view = view
        self.usesCores = usesCores
        self.time = time
        self.thresholds = thresholds
        self.attribution = attribution
    }

    var comparedByteCount: Int { view.rememberedByteCount + attribution.evidenceByteCount }

    func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        view(for: population).measure(population, from: from, to: to, selections, &parts)
    }

    /// Components are compared only over settled slots: the first seconds of a fault show what waits, but not yet what
    /// it waits for.
    func growths(
        _ asked: [(range: GrowthRange, questions: [GrowthQuestion])], _ usual: inout UsualGrowths
    ) -> [[[Growths?]]] {
        view.growths(asked, &usual, usesCores: usesCores)
    }

    func find(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection,
        lasting durations: [ClosedRange<Int64>]
    ) -> FoundSpans {
        view(for: population).find(population, from: from, to: to, selection, lasting: durations)
    }

    func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool {
        view(for: counts.population).advance(&counts, from: from, to: to, isWanted: isWanted, bytesMax: bytesMax)
    }

    func scales(_ population: Population, from: Int64, to: Int64) -> SeriesScales? {
        view.sampling.isSampled ? attributed.scales(population, in: from..<max(from, to)) : nil
    }

    private func view(for population: Population) -> WindowView { population.isOfAttribution ? attributed : view }

    func evidence(_ questions: [EvidenceQuestion]) -> [AlertEvidence] {
        attribution.evidence(questions, in: attributed)
    }
}
