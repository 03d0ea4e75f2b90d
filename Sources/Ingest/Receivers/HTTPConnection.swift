internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTPTypes

/// Hummingbird's HTTP/1.1 connection with what it has no settings for: a bound on connections, deadlines,
/// larger reads, and tasks that stay on the event loop.
struct HTTPConnection: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let responder: HTTPChannelHandler.Responder
    let limits: ReceiverLimits
    let connections: OpenConnections
    let service: any TraceService

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let isAdmitted = connections.admit(channel)
        let deadlines = HTTPDeadlines(limits: limits, service: service)
        let loopBound = NIOLoopBound(deadlines, eventLoop: channel.eventLoop)
        let configured = channel.setOption(.recvAllocator, value: GRPCReceiver.receiveBuffers(limits))
            .and(channel.setOption(.tcpOption(.tcp_nodelay), value: 1))
            .flatMapThrowing { _ in try channel.pipeline.syncOperations.addHandler(loopBound.value) }
            .flatMap { http1(loopBound).setup(channel: channel, logger: logger) }
        if !isAdmitted {
            service.refused(transport: .http, reason: .connections)
            // Not before the pipeline stands: a failure to set it up would end the server's loop.
            configured.whenComplete { _ in channel.close(promise: nil) }
        }
        return configured
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(LoopExecutor(value.channel.eventLoop)) {
            await HTTP1Channel(responder: responder).handle(value: value, logger: logger)
        }
    }

    private func http1(_ deadlines: NIOLoopBound<HTTPDeadlines>) -> HTTP1Channel {
        var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
        decoder.maxHeaderFieldSize = limits.headerBytes
        decoder.maxHeaderListSize = limits.headerBytes
        decoder.maxHeaderFieldCount = limits.headerFields
        return HTTP1Channel(
            responder: responder,
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    HTTPProgress(deadlines.value, limits: limits, service: service)
                ],
                httpDecoderConfiguration: decoder))
    }
}
