import NIOCore
internal import NIOHTTP2

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
