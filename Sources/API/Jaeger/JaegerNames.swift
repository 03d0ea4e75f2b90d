import Engine
import Pipeline
import Traces

// The services and operations that Jaeger's clients offer: those in the window and the history, and those recorded
// before.

struct JaegerOperation: Encodable, Hashable {
    var name: String
    var spanKind: String
}

extension QueryServer.Surface {
    private var operations: Set<OperationLabels> {
        let earlier = traces.recorded?.earlierOperations(within: QueryDeadline.naming, services: pipeline.services)
        return Set(pipeline.view().operations).union(earlier ?? [])
    }

    var serviceNames: [String] {
        Set(operations.map(\.service)).subtracting(["_other", ""]).sorted()
    }

    func operationNames(of service: String) -> [String] {
        Set(operations.filter { $0.service == service }.map(\.operation)).sorted()
    }

    /// - Parameter kind: of spans, in lower case; nil for all.
    func jaegerOperations(of service: String, kind: String?) -> [JaegerOperation] {
        Set(
            operations.filter { $0.service == service }
                .map { JaegerOperation(name: $0.operation, spanKind: $0.kind.name.lowercased()) }
        )
        .filter { kind == nil || $0.spanKind == kind }
        .sorted { ($0.name, $0.spanKind) < ($1.name, $1.spanKind) }
    }
}
