package import NIOCore
internal import NIOHTTP2

/// The channel handlers of one gRPC connection.
package enum GRPCPipeline {
    package static func add(
        to channel: any Channel, limits: ReceiverLimits, admission: Admission, service: any TraceService,
        connections: OpenConnections
    ) throws {
        let follower = HTTP2Follower(limits)
        let verdict = ConnectionVerdict()
        let pipeline = channel.pipeline.syncOperations
        // Stops reading from a client that doesn't read, because its replies would pile up.
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

/// Configures swift-nio-http2's limits, and maps its errors to reasons in the scrape.
enum HTTP2Protection {
    static func connection(_ limits: ReceiverLimits) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            // `HTTP2Follower` announces the real limit, and `GRPCConnection` enforces it.
            HTTP2Setting(parameter: .maxConcurrentStreams, value: Int(Int32.max)),
            HTTP2Setting(parameter: .initialWindowSize, value: limits.streamWindowBytes),
            HTTP2Setting(parameter: .maxFrameSize, value: limits.frameBytes),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headerBytes),
        ]
        // For a client that doesn't read. Such frames are acknowledgements of at most 26 bytes.
        configuration.maximumBufferedControlFrames = 1_000
        // Parts of refused calls may still arrive.
        configuration.maximumRecentlyResetStreams = 1_000
        configuration.controlFrameRateLimit.maximumCount = limits.controlFramesPerSecond
        configuration.controlFrameRateLimit.windowLength = .seconds(1)
        return configuration
    }

    static func stream(_ limits: ReceiverLimits) -> NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.streamResetFrameRateLimit.maximumCount = limits.resetsPer30Seconds
        configuration.streamResetFrameRateLimit.windowLength = .seconds(30)
        configuration.streamErrorRateLimit.maximumCount = limits.resetsPer30Seconds
        configuration.streamErrorRateLimit.windowLength = .seconds(30)
        return configuration
    }

    /// The reason for closing a connection.
    static func reason(_ error: any Error) -> RefusalReason {
        switch error {
        case is NIOHTTP2Errors.ExcessiveRSTFrames: .resetFlood
        case is NIOHTTP2Errors.ExcessiveContinuationFrames: .continuationFlood
        case is NIOHTTP2Errors.ExcessiveControlFrames: .controlFlood
        case is NIOHTTP2Errors.ExcessiveOutboundFrameBuffering: .controlFlood
        case is NIOHTTP2Errors.ExcessiveEmptyDataFrames: .emptyDataFlood
        case is NIOHTTP2Errors.ExcessiveStreamErrors: .streamErrorFlood
        case is NIOHTTP2Errors.ExcessiveNumberOfGlitches: .streamErrorFlood
        case is NIOHTTP2Errors.ExcessivelyLargeHeaderBlock: .headersTooLarge
        default: .protocolError
        }
    }
}

/// Detects whether swift-nio-http2 has failed a connection. It reports stream errors and connection errors alike, but
/// only the latter send a GOAWAY with an error code.
final class ConnectionVerdict: NIOHTTP2FrameDelegate {
    private(set) var isFailed = false

    func wroteFrame(_ frame: HTTP2Frame) {
        if case .goAway(_, let code, _) = frame.payload, code != .noError { isFailed = true }
    }
}
