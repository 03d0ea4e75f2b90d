package import Engine
import Rules
import Support
import Synchronization

/// Divides the requests of a window among components: slots for good as they settle, the others for a look.
///
/// Its lock is taken before the window's, never the other way round.
final class WindowAttribution: Sendable {
    private struct State: ~Copyable {
        var attributor: Attributor
        /// The time at which the next slot may have settled.
        var due = Int64.min
    }

    let components: ComponentTable
    private let settle: Int64
    private let state: Mutex<State>
    /// What is asked of it while it may be at work.
    private let published: Mutex<(totals: ComponentTotals, byteCount: Int)>

    init(_ settings: AttributionSettings) {
        components = settings.components
        settle = settings.settle
        let attributor = Attributor(
            components: settings.components, settle: settings.settle, portionRows: settings.portionRows)
        published = Mutex((attributor.totals, attributor.byteCount))
        state = Mutex(State(attributor: attributor))
    }

    /// Whether a slot may have settled by a time (Unix nanoseconds) that had not when `settle` was last called.
    func isDue(at clock: Int64) -> Bool { state.withLock { clock >= $0.due } }

    /// The clock was set back: what settles next is to be found out again.
    func setBack() { state.withLock { $0.due = .min } }

    /// Attributes for good what has settled by a time in a view taken then.
    ///
    /// - Parameters:
    ///   - load: the part of its memory that the window takes. One that is nearly full gives up slots that have not
    ///     settled: these are attributed by what has come.
    ///   - keep: puts the result into the window.
    func settle(
        at clock: Int64, _ view: WindowView, load: Double,
        keep: ([(slot: Int64, attribution: SlotAttribution)]) -> Void
    ) {
        state.withLock { state in
            guard clock >= state.due else { return }
            state.due = (max(clock, 0) / Window.slotWidth + 1) * Window.slotWidth
            let leaving = view.slotsLeaving(load: load) ?? .min
            let settled = state.attributor.settle(view, at: max(clock, leaving.addingSaturating(settle)))
            // Before their slots have them: whoever asks for both finds no request of the totals missing.
            let now = (totals: state.attributor.totals, byteCount: state.attributor.byteCount)
            published.withLock { $0 = now }
            if !settled.isEmpty { keep(settled) }
        }
    }

    /// A view with all its slots attributed, by what it holds.
    func attributed(_ view: WindowView) -> WindowView {
        state.withLock { $0.attributor.attributed(view) }
    }

    /// Of slots that have settled.
    var totals: ComponentTotals { published.withLock { $0.totals } }

    /// Of the indexes by trace.
    var byteCount: Int { published.withLock { $0.byteCount } }
}

/// How requests are divided among components.
package struct AttributionSettings: Sendable {
    package var components = ComponentTable()
    /// How long after its end a slot of time is attributed for good, nanoseconds.
    package var settle: Int64 = 30_000_000_000
    /// About how many spans are worked on at once.
    package var portionRows = 1 << 20

    package init() {}
}

extension WindowView {
    /// The end of the newest of those slots that will be given up soon, Unix nanoseconds; nil if none is.
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

/// The window as rules see it at one evaluation. It is attributed when the first of them asks for what that takes.
final class EvaluatedWindow: ViewedSource {
    let view: WindowView
    private let attribution: WindowAttribution
    private lazy var attributed = attribution.attributed(view)
    private var parts = WindowParts()

    init(_ view: WindowView, _ attribution: WindowAttribution) {
        self.view = view
        self.attribution = attribution
    }

    func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        (population.isOfAttribution ? attributed : view).measure(population, from: from, to: to, selections, &parts)
    }

    func evidence(_ questions: [EvidenceQuestion]) -> [AlertEvidence] {
        attributed.evidence(questions, attribution.components)
    }
}
