package import NIOCore
internal import NIOHTTP2

/// The channel handlers of one gRPC connection.
package enum GRPCPipeline {
    package static func add(
        to channel: any Channel, limits: ReceiverLimits, admission: Admission, service: any TraceService,
        connections: OpenConnections
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
                peer: channel.remoteAddress, follower: follower, errorDetector: errorDetector))
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
