package import NIOCore
internal import NIOHTTP2

/// The handlers of one gRPC connection.
package enum GRPCPipeline {
    package static func add(
        to channel: any Channel, limits: ReceiverLimits, admission: Admission, service: any TraceService,
        connections: OpenConnections
    ) throws {
        let follower = HTTP2Follower(limits)
        let verdict = ConnectionVerdict()
        let pipeline = channel.pipeline.syncOperations
        // Stops reading from a client that doesn't read: its replies would pile up.
        try pipeline.addHandler(BackPressureHandler())
        try pipeline.addHandler(follower)
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: .server, frameDelegate: verdict,
                connectionConfiguration: HTTP2Protection.connection(limits),
                streamConfiguration: HTTP2Protection.stream(limits)))
        try pipeline.addHandler(
            GRPCConnection(
                limits: limits, admission: admission, service: service, connections: connections,
                peer: channel.remoteAddress, follower: follower, verdict: verdict))
    }
}
