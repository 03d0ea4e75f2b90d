import Engine
import Rules

/// The window as rules see it at one evaluation. It is attributed when the first of them asks for what that takes.
final class EvaluatedWindow: MeasurementSource {
    let view: WindowView
    private let attribution: WindowAttribution
    private lazy var attributed = attribution.attributed(view)
    private var parts = WindowParts()

    init(_ view: WindowView, _ attribution: WindowAttribution) {
        self.view = view
        self.attribution = attribution
    }

    var operations: [OperationLabels] { view.operations }
    var requests: [RequestLabels] { view.requests }

    func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        (population.isOfAttribution ? attributed : view).measure(population, from: from, to: to, selections, &parts)
    }

    func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool {
        view.advance(&counts, from: from, to: to, isWanted: isWanted, bytesMax: bytesMax)
    }

    func find(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection,
        lasting durations: [ClosedRange<Int64>]
    ) -> FoundSpans {
        view.find(population, from: from, to: to, selection, lasting: durations)
    }

    func hasSpans(from: Int64, to: Int64) -> Bool { view.hasSpans(from: from, to: to) }

    func evidence(_ questions: [EvidenceQuestion]) -> [AlertEvidence] {
        attributed.evidence(questions, attribution.components)
    }
}
