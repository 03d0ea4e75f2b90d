internal import NIOCore

/// Closes connections that are too slow. It sits in front of the HTTP decoder, which buffers incomplete headers;
/// `HTTPConversation`, behind the decoder, reports complete ones.
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
    /// Whether the connection is ending and any refusal has been counted.
    var isOver = false
    /// Whether nothing has arrived since the last request ended.
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

/// The phase of a connection's current request, with its deadline.
struct HTTPPhase: Equatable {
    enum Step: Equatable, Sendable {
        /// Until the first byte of a request. A connection's first request has the shorter `header` deadline.
        case idle
        case header
        case body
        /// While there is no part of the reply to send.
        case reply
        /// Until the client has read what was sent.
        case sending
        /// Until the client has read the last reply and closes its side.
        case closing
    }

    private(set) var step = Step.header
    private(set) var deadline: UInt64

    init(limits: ReceiverLimits) {
        deadline = UInt64(clamping: limits.headerSeconds)
    }

    /// - Parameter now: seconds since the connection began.
    mutating func enter(_ step: Step, now: UInt64, limits: ReceiverLimits) {
        let seconds =
            switch step {
            case .idle: limits.idleSeconds
            case .header: limits.headerSeconds
            case .body: limits.bodySeconds
            case .reply: limits.replySeconds
            case .sending: limits.writeSeconds
            case .closing: limits.lingerSeconds
            }
        self.step = step
        // One more, because the current second has already begun.
        deadline = now + UInt64(clamping: seconds) + 1
    }

    /// Whether to close the connection now, and the refusal to count; none for an idle connection.
    func overdue(now: UInt64) -> (isOverdue: Bool, reason: RefusalReason?) {
        guard now >= deadline else { return (false, nil) }
        switch step {
        case .idle, .closing: return (true, nil)
        case .header: return (true, .headerTimeout)
        case .body: return (true, .bodyTimeout)
        case .reply, .sending: return (true, .replyTimeout)
        }
    }
}
