import Engine
import Pipeline
import Traces

struct JaegerOperation: Encodable, Hashable {
    var name: String
    var spanKind: String
}

/// The services and operations that Jaeger's clients offer to choose from: those of the window and the history, and those that
/// were recorded before.
struct JaegerNames {
    private let operations: Set<OperationLabels>
    /// Why some may be missing.
    let warnings: [String]

    init(_ surface: QueryServer.Surface) {
        let earlier = surface.traces.recorded?.earlierOperations(
            within: QueryDeadline.naming, services: surface.pipeline.services)
        operations = Set(surface.pipeline.view().operations).union(earlier?.labels ?? [])
        warnings = earlier?.warnings ?? []
    }

    var services: [String] {
        Set(operations.map(\.service)).subtracting(["_other", ""]).sorted()
    }

    func operationNames(of service: String) -> [String] {
        Set(operations.filter { $0.service == service }.map(\.operation)).sorted()
    }

    /// - Parameter kind: of spans, in lower case; nil for all.
    func operations(of service: String, kind: String?) -> [JaegerOperation] {
        Set(
            operations.filter { $0.service == service }
                .map { JaegerOperation(name: $0.operation, spanKind: $0.kind.name.lowercased()) }
        )
        .filter { kind == nil || $0.spanKind == kind }
        .sorted { ($0.name, $0.spanKind) < ($1.name, $1.spanKind) }
    }
}
