import Engine
import Rules

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
