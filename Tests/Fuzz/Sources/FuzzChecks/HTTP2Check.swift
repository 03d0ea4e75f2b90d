import NIOCore
import NIOEmbedded
import OTLP
package import Receivers
import Synchronization
package import TestSupport

/// Arbitrary frames through the handlers of a gRPC connection. What they export and answer is compared with what
/// naive readers find in the bytes of both sides.
package struct HTTP2Check {
    /// What a check observed.
    package struct Outcome {
        package var exported: Int
        package var succeeded: Int
        package var reasons: Set<RefusalReason>
    }

    private let limits: ReceiverLimits
    private let admission: Admission
    private let service = CountingService()
    private let channel = EmbeddedChannel()
    private var client: HTTP2Client
    private var sent: [UInt8] = []
    private var received: [UInt8] = []

    /// The bytes make all choices.
    package static func check(_ bytes: RawSpan) throws(Finding) {
        _ = try check(Choices(bytes.array))
    }

    @discardableResult
    package static func check(_ choices: Choices) throws(Finding) -> Outcome {
        var check = HTTP2Check(choices)
        return try check.run()
    }

    private init(_ choices: Choices) {
        var choices = choices
        var limits = ReceiverLimits()
        // The threads of `DecodePool` can't reach this event loop.
        limits.inlineBytes = .max
        limits.inlineCompressedBytes = .max
        (limits.headerSeconds, limits.bodySeconds, limits.replySeconds) = (3, 4, 3)
        (limits.idleSeconds, limits.graceSeconds) = (8, 2)
        if choices.isOne(in: 2) {
            limits.bodyBytes = 2_000
            limits.wireBytes = choices.pick([2_000, 500])
            limits.bytesInFlight = choices.pick([4_000, 20_000, 100])
            limits.streams = choices.pick([1, 4, 100])
            limits.controlFramesPerSecond = choices.pick([200, 20])
            limits.resetsPer30Seconds = choices.pick([10, 400])
        }
        self.limits = limits
        admission = Admission(limit: limits.bytesInFlight)
        client = HTTP2Client(choices)
    }

    private mutating func run() throws(Finding) -> Outcome {
        do {
            try GRPCPipeline.add(
                to: channel, limits: limits, admission: admission, service: service,
                connections: OpenConnections(limit: 1))
            channel.pipeline.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 4317), promise: nil)
        } catch {
            throw Finding("no connection: \(error)")
        }
        while channel.isActive, let step = client.next() {
            try take(step)
            try look()
        }
        let wasOpen = channel.isActive
        let outcome = try checkAll(isOpen: wasOpen)
        try close()
        return outcome
    }

    private mutating func take(_ step: HTTP2Client.Step) throws(Finding) {
        switch step {
        case .bytes(let bytes):
            let size = client.partSize(of: bytes.count)
            var rest = bytes[...]
            while !rest.isEmpty, channel.isActive {
                let part = rest.prefix(size)
                rest = rest.dropFirst(part.count)
                sent += part
                channel.pipeline.fireChannelRead(ByteBuffer(bytes: part))
                channel.pipeline.fireChannelReadComplete()
                channel.embeddedEventLoop.run()
            }
        case .seconds(let count): pass(count)
        case .writable(let isWritable):
            guard channel.isWritable != isWritable else { return }
            channel.isWritable = isWritable
            channel.pipeline.fireChannelWritabilityChanged()
        case .quiesce:
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        case .complete(let isOnDisk):
            service.complete(isOnDisk: isOnDisk)
            channel.embeddedEventLoop.run()
        }
    }

    private func pass(_ seconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }

    /// What must hold whenever the channel is at rest.
    private mutating func look() throws(Finding) {
        do {
            while let part = try channel.readOutbound(as: ByteBuffer.self) { received += part.readableBytesView }
            let waiting = try channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
            try require(!channel.isActive || waiting == 0, "\(waiting) bytes of replies are never flushed")
        } catch {
            throw error as? Finding ?? Finding("\(error)")
        }
        try require(
            (0...limits.bytesInFlight).contains(admission.bytesInFlight), "\(admission.bytesInFlight) bytes in flight")
    }
}

// What must hold
extension HTTP2Check {
    private func checkAll(isOpen: Bool) throws(Finding) -> Outcome {
        let found = HTTP2Messages(sent, limits: limits)
        let (exported, refusals) = service.counts
        for (body, count) in exported {
            let came = found.bodies[body, default: 0]
            try require(
                count <= came, "a body of \(body.count) bytes is exported \(count) times, but came \(came)")
        }
        let exports = exported.values.reduce(0, +)
        let refused = refusals.values.reduce(0, +)
        let replies = try HTTP2Replies(received, to: found.streamsBegun)
        try require(
            replies.refused.count <= refused, "\(replies.refused.count) streams are refused, \(refused) are counted")
        try require(
            !replies.isBlamed || refused > 0,
            "the connection is given up, for no reason that is counted")
        try require(
            replies.succeeded.count <= exports, "\(replies.succeeded.count) calls succeed of \(exports) exported")
        if isOpen, !found.hasSaidGoodbye {
            try require(
                found.count <= exports + refused,
                "of \(found.count) messages \(exports) are exported and \(refused) refused")
        } else if !found.hasSaidGoodbye, !replies.isGoodbye {
            try require(refused > 0, "the connection is closed, for no reason that is counted")
        }
        // The longest reply to a call is percent-encoded: `RPCStatus` keeps 400 characters of a message.
        let most = 4_096 + 6_144 * found.frames
        try require(received.count <= most, "\(received.count) bytes in answer to \(found.frames) frames")
        return Outcome(exported: exports, succeeded: replies.succeeded.count, reasons: Set(refusals.keys))
    }

    /// A silent client is disconnected within its deadlines, and nothing of it stays in memory.
    private mutating func close() throws(Finding) {
        let isLeft = channel.isActive
        // First reading a body, then its reply, then being idle, then the grace period.
        pass(Int64(limits.bodySeconds + limits.replySeconds + limits.idleSeconds + limits.graceSeconds + 8))
        try require(!channel.isActive, "a silent client is never left")
        try look()
        if isLeft { _ = try checkAll(isOpen: false) }
        service.complete(isOnDisk: true)
        channel.embeddedEventLoop.run()
        try require(admission.bytesInFlight == 0, "\(admission.bytesInFlight) bytes in flight of no connection")
    }
}

/// Accepts bodies, refuses some, and counts all.
private final class CountingService: TraceService {
    private struct State {
        var exported: [[UInt8]: Int] = [:]
        var refusals: [RefusalReason: Int] = [:]
        var waiting: [DurabilityAcknowledgement] = []
    }

    private let state = Mutex(State())

    var counts: (exported: [[UInt8]: Int], refusals: [RefusalReason: Int]) {
        state.withLock { ($0.exported, $0.refusals) }
    }

    func export(_ body: RawSpan, encoding: OTLPEncoding) -> Export {
        let bytes = body.array
        return state.withLock { state in
            state.exported[bytes, default: 0] += 1
            switch bytes.last {
            case 1: return Export(.partial(rejectedSpans: bytes.count, message: "some"))
            case 2: return Export(.malformed(message: String(repeating: "é%\n", count: 200)))
            case 3: return Export(.unavailable(retryAfterSeconds: 1))
            case 4, 5:
                let durability = DurabilityAcknowledgement()
                state.waiting.append(durability)
                return Export(.accepted, durability: durability)
            default: return Export(.accepted)
            }
        }
    }

    func refused(transport: Transport, reason: RefusalReason, peer: SocketAddress?, explanation: String?) {
        state.withLock { $0.refusals[reason, default: 0] += 1 }
    }

    func complete(isOnDisk: Bool) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for durability in waiting { durability.complete(isOnDisk: isOnDisk) }
    }
}
