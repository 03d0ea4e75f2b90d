package import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Both receivers as one service. A service group would stop them one after the other, but they should stop accepting
/// at the same time and share their grace time.
package struct Receivers: Service {
    private let grpc: GRPCReceiver
    private let http: HTTPReceiver

    package init(grpc: GRPCReceiver, http: HTTPReceiver) {
        self.grpc = grpc
        self.http = http
    }

    /// Serves until both have stopped. If one fails, e.g. because its port is taken, stops the other too.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await grpc.run() }
            group.addTask { try await http.run() }
            // Not waitForAll(), which reports a failure only after the other has ended.
            for try await _ in group {}
        }
    }
}

/// OTLP over gRPC: `TraceService/Export` over plain-text HTTP/2 with prior knowledge, without an upgrade from HTTP/1.
package struct GRPCReceiver: Service {
    private let limits: ReceiverLimits
    private let admission: Admission
    private let listener: Listener
    private let onBound: @Sendable (ListenAddress) -> Void

    /// - Parameter onBound: called with the actual address once connections are accepted.
    package init(
        address: ListenAddress, limits: ReceiverLimits, connections: OpenConnections, admission: Admission,
        service: any TraceService, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onBound: @escaping @Sendable (ListenAddress) -> Void
    ) {
        self.limits = limits
        self.admission = admission
        self.onBound = onBound
        listener = Listener(
            address: address, transport: .grpc, limits: limits, connections: connections, service: service,
            group: group)
    }

    /// Serves until the task is cancelled or a graceful shutdown begins, then lets open calls finish.
    package func run() async throws {
        try await listener.run(onBound: onBound) { try configure($0) }
    }

    private func configure(_ channel: any Channel) throws {
        try GRPCPipeline.add(
            to: channel, limits: limits, admission: admission, service: listener.service,
            connections: listener.connections)
    }
}

/// OTLP over HTTP/1.1: `POST /v1/traces`, protobuf or JSON.
package struct HTTPReceiver: Service {
    private let listener: HTTPListener
    private let onBound: @Sendable (ListenAddress) -> Void

    /// - Parameter onBound: called with the actual address once connections are accepted.
    package init(
        address: ListenAddress, limits: ReceiverLimits, connections: OpenConnections, admission: Admission,
        service: any TraceService, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onBound: @escaping @Sendable (ListenAddress) -> Void
    ) {
        let export = HTTPExport(limits: limits, admission: admission, service: service)
        listener = HTTPListener(
            address: address, transport: .http, limits: limits, connections: connections, service: service,
            group: group, wantsBody: { (try? HTTPExportHead($0, limits: limits)) != nil },
            respond: { await export.respond(to: $0, from: $1) })
        self.onBound = onBound
    }

    /// Serves until the task is cancelled or a graceful shutdown begins, then lets open requests finish.
    package func run() async throws {
        try await listener.run(onBound: onBound)
    }
}
