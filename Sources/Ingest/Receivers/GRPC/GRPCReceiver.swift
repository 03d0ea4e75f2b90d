package import NIOCore
internal import NIOHTTP2

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
        let follower = HTTP2Follower(limits)
        let errorDetector = ConnectionErrorDetector()
        let pipeline = channel.pipeline.syncOperations
        // Stops reading from a client that doesn't read, because its replies would pile up.
        try pipeline.addHandler(BackPressureHandler())
        try pipeline.addHandler(follower)
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: .server, frameDelegate: errorDetector,
                connectionConfiguration: HTTP2Protection.connection(limits),
                streamConfiguration: HTTP2Protection.stream(limits)))
        try pipeline.addHandler(
            GRPCConnection(
                limits: limits, admission: admission, service: service, connections: connections,
                access: access, peer: channel.remoteAddress, follower: follower, errorDetector: errorDetector))
    }
}

/// Detects whether swift-nio-http2 has failed a connection. It reports stream errors and connection errors alike, but
/// only the latter send a GOAWAY with an error code.
final class ConnectionErrorDetector: NIOHTTP2FrameDelegate {
    private(set) var isFailed = false

    func wroteFrame(_ frame: HTTP2Frame) {
        if case .goAway(_, let code, _) = frame.payload, code != .noError { isFailed = true }
    }
}
