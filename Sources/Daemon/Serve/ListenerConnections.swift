import Scrape
import Receivers

/// The open connections of each listener.
struct ListenerConnections: Sendable {
    private let grpc: OpenConnections
    private let http: OpenConnections
    private let query: OpenConnections
    private let jaeger: OpenConnections

    init(_ budget: DescriptorBudget) {
        grpc = OpenConnections(limit: budget.receiver)
        http = OpenConnections(limit: budget.receiver)
        query = OpenConnections(limit: budget.query)
        jaeger = OpenConnections(limit: budget.jaeger)
    }

    subscript(transport: Transport) -> OpenConnections {
        switch transport {
        case .grpc: grpc
        case .http: http
        case .query: query
        case .jaeger: jaeger
        }
    }
}

extension ListenerConnections {
    /// Those that are listened for.
    private var transports: [Transport] { Transport.allCases.filter { self[$0].limit > 0 } }

    static let metrics = MetricTable<ListenerConnections>([
        .family(
            "faultline_connections", .gauge, labels: ["transport"], help: "Open connections."
        ) { connections, exposition in
            for transport in connections.transports {
                exposition.sample(Double(connections[transport].count), [transport.rawValue])
            }
        },
        .family(
            "faultline_connections_limit", .gauge, labels: ["transport"], help: "Limit of open connections."
        ) { connections, exposition in
            for transport in connections.transports {
                exposition.sample(Double(connections[transport].limit), [transport.rawValue])
            }
        },
    ])
}
