import Foundation
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Receivers

@Suite struct `A listener that can't accept` {
    @Test func `says so once, and tries again a second later`() throws {
        let reads = ReadCounter()
        let reasons = Mutex<[RefusalReason]>([])
        let gate = AcceptGate(OpenConnections(limit: 10)) { reason, _ in reasons.withLock { $0.append(reason) } }
        let channel = EmbeddedChannel(handlers: [reads, gate])
        channel.pipeline.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        let before = reads.count
        for _ in 0..<3 {
            channel.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept"))
            channel.pipeline.read()
        }
        #expect(reasons.withLock { $0 } == [.acceptFailed])
        #expect(reads.count == before)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(reads.count == before + 1)
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ENFILE, reason: "accept"))
        #expect(reasons.withLock { $0 } == [.acceptFailed, .acceptFailed])
    }

    @Test func `is not blamed for a client that has gone`() throws {
        let reasons = Mutex<[RefusalReason]>([])
        let gate = AcceptGate(OpenConnections(limit: 10)) { reason, _ in reasons.withLock { $0.append(reason) } }
        let channel = EmbeddedChannel(handler: gate)
        channel.pipeline.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        #expect(reasons.withLock { $0 }.isEmpty)
    }
}

/// Counts how often a socket is asked to accept connections.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = Never

    private(set) var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
