internal import NIOCore

/// Closes connections that are too slow. It stands in front of the HTTP decoder, which keeps incomplete
/// headers to itself; `HTTPConversation` behind the decoder tells it of complete ones.
final class HTTPDeadlines: ChannelInboundHandler, Ticking {
    typealias InboundIn = ByteBuffer

    private let limits: ReceiverLimits
    private let transport: Transport
    private let service: any TraceService
    private let seconds = EverySecond()
    private var context: ChannelHandlerContext?
    private var now: UInt64 = 0
    private var phase: HTTPPhase
    private var leavingSince: UInt64?
    /// Whether the connection is at its end, and what it was refused for has been counted.
    var isOver = false
    /// Whether nothing has come since the last request ended.
    private(set) var isWaiting = true
    private var firstBytes = ByteBuffer()

    init(limits: ReceiverLimits, transport: Transport, service: any TraceService) {
        self.limits = limits
        self.transport = transport
        self.service = service
        phase = HTTPPhase(limits: limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        seconds.start(self, on: context.eventLoop)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        seconds.stop()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        seconds.stop()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isWaiting = false
        if phase.step == .idle { enter(.header) }
        let missing = ClientProtocol.bytesNeeded - firstBytes.readableBytes
        if missing > 0 {
            let bytes = unwrapInboundIn(data)
            firstBytes.writeBytes(bytes.readableBytesView.prefix(missing))
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { leavingSince = now }
        context.fireUserInboundEventTriggered(event)
    }

    var opening: ClientProtocol { ClientProtocol(opening: firstBytes) }

    func enter(_ step: HTTPPhase.Step) {
        if step == .idle { isWaiting = true }
        phase.enter(step, now: now, limits: limits)
    }

    func tick() {
        now += 1
        let (isOverdue, reason) = phase.overdue(now: now)
        if let reason { service.refused(transport: transport, reason: reason, peer: context?.remoteAddress) }
        let graceIsOver = leavingSince.map { now - $0 >= UInt64(clamping: limits.graceSeconds) } ?? false
        if isOverdue || graceIsOver {
            isOver = true
            context?.close(promise: nil)
        }
    }
}
