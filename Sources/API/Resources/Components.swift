import Engine
import Pipeline
import Support

extension Resource {
    /// Whose time requests took, step by step.
    static let components = json(
        "/api/v1/components",
        parameters: QueryParameter.common + [.step] + QueryParameter.requestLabels,
        summary: "where the time of requests went, step by step", schema: .steps(of: ComponentStepJSON.schema)
    ) {
        surface, query in
        let summary = surface.pipeline.attributedSummary()
        let grid = try query.steps(of: summary.view)
        let steps = summary.view.componentSteps(grid, isWanted: summary.view.requests.map { query.includes($0) })
        return StepsJSON(grid) { ComponentStepJSON(grid.start($0), steps[$0], summary.componentNames) }
    }
}

/// An answer in steps. The range is that of the steps: it begins and ends on multiples of their length.
struct StepsJSON<Step: Encodable & Sendable>: Encodable, Sendable {
    var from: String
    var to: String
    var step_seconds: Double
    var steps: [Step]

    init(_ grid: StepGrid, _ step: (_ index: Int) -> Step) {
        from = Timestamp.rfc3339(grid.range.lowerBound)
        to = Timestamp.rfc3339(grid.range.upperBound)
        step_seconds = Double(grid.step) / 1e9
        steps = (0..<grid.count).map(step)
    }
}

/// A step of `components`.
struct ComponentStepJSON: Encodable, Sendable {
    struct Part: Encodable, Sendable {
        var component: String
        /// Of the mean request.
        var seconds: Double
    }

    /// Its start.
    var time: String
    var count: Int
    var errors: Int
    /// null without requests.
    @OrNull var mean_seconds: Double?
    /// In the order of the components' numbers, which doesn't change from step to step.
    var components: [Part]
    /// False if requests of the step have left the window; otherwise absent.
    var exact: Bool?

    static let schema = Schema.object(
        [
            "time": .time, "count": .integer, "errors": .integer, "mean_seconds": .nullable(.number),
            "components": .array(.object(["component": .text, "seconds": .number])),
        ], optional: ["exact": .boolean])

    init(_ start: Int64, _ step: ComponentStep, _ names: [String]) {
        time = Timestamp.rfc3339(start)
        count = step.count
        errors = step.errors
        let perRequest = 1 / Double(max(step.count, 1)) / 1e9
        mean_seconds = step.count > 0 ? Double(step.sum) * perRequest : nil
        components = step.parts.enumerated().filter { step.count > 0 && $0.element > 0 }.map {
            Part(component: names[$0.offset], seconds: Double($0.element) * perRequest)
        }
        exact = step.isExact ? nil : false
    }
}
