import Receivers

/// The open connections of each listener.
struct ListenerConnections: Sendable {
    private let grpc: OpenConnections
    private let http: OpenConnections
    private let query: OpenConnections

    init(_ budget: DescriptorBudget) {
        grpc = OpenConnections(limit: budget.receiver)
        http = OpenConnections(limit: budget.receiver)
        query = OpenConnections(limit: budget.query)
    }

    subscript(transport: Transport) -> OpenConnections {
        switch transport {
        case .grpc: grpc
        case .http: http
        case .query: query
        }
    }
}
