package import NIOCore

/// OTLP over gRPC: `TraceService/Export` over HTTP/2, with TLS or with prior knowledge, without an upgrade from HTTP/1.
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
                connections: listener.connections, access: listener.access)
        }
    }
}

/// The channel handlers of one gRPC connection.
package enum GRPCPipeline {
    package static func add(
        to channel: any Channel, limits: ReceiverLimits, admission: Admission, service: any TraceService,
        connections: OpenConnections, access: ListenerAccess = .open
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        // Stops reading from a client that doesn't read, because its replies would pile up.
        try pipeline.addHandler(BackPressureHandler())
        try pipeline.addHandler(
            GRPCConnection(
                limits: limits, admission: admission, service: service, connections: connections,
                access: access, peer: channel.remoteAddress))
    }
}
