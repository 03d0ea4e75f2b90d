internal import NIOCore

/// OTLP over gRPC: `TraceService/Export` over plain-text HTTP/2 with prior knowledge, without an upgrade from HTTP/1.
package struct GRPCReceiver: Sendable {
    private let listener: Listener
    private let admission: Admission

    package init(_ listener: Listener, admission: Admission) {
        precondition(listener.transport == .grpc)
        self.listener = listener
        self.admission = admission
    }

    /// Serves until the task is cancelled or a graceful shutdown begins, then lets open calls finish.
    func run() async throws {
        try await listener.run { channel in
            try GRPCPipeline.add(
                to: channel, limits: listener.limits, admission: admission, service: listener.service,
                connections: listener.connections)
        }
    }
}
