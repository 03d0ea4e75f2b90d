import NIOCore
import NIOEmbedded
import NIOHPACK
import Testing

@testable import Receivers

/// A connection of the gRPC receiver, and a client that speaks to it frame by frame.
private final class Connection {
    let channel = EmbeddedChannel()
    let service = SilentService()
    let connections: OpenConnections
    private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())

    init(_ connections: OpenConnections = OpenConnections(limit: 1)) throws {
        self.connections = connections
        try GRPCPipeline.add(
            to: channel, limits: ReceiverLimits(), admission: Admission(limit: 1 << 20), service: service,
            connections: connections)
        #expect(connections.admit(channel))
        channel.pipeline.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        try channel.writeInbound(ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        try frame(type: 4)
        _ = try received()
    }

    func frame(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: ByteBuffer = ByteBuffer()) throws {
        var bytes = ByteBuffer()
        bytes.writeInteger(UInt32(payload.readableBytes) << 8 | UInt32(type))
        bytes.writeInteger(flags)
        bytes.writeInteger(stream)
        bytes.writeImmutableBuffer(payload)
        try channel.writeInbound(bytes)
    }

    func begin(_ stream: UInt32) throws {
        var block = ByteBuffer()
        try encoder.encode(
            headers: [
                ":method": "POST", ":scheme": "http", ":authority": "x",
                ":path": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
                "content-type": "application/grpc", "te": "trailers",
            ], to: &block)
        try frame(type: 1, flags: 4, stream: stream, block)
    }

    func end(_ stream: UInt32) throws {
        try frame(type: 0, flags: 1, stream: stream, ByteBuffer(bytes: [0, 0, 0, 0, 0]))
    }

    /// The types of frames received since the last call, and the last streams of GOAWAYs.
    func received() throws -> (types: [UInt8], goAways: [UInt32]) {
        var bytes = ByteBuffer()
        while var part = try channel.readOutbound(as: ByteBuffer.self) { bytes.writeBuffer(&part) }
        var found: (types: [UInt8], goAways: [UInt32]) = ([], [])
        while let word = bytes.readInteger(as: UInt32.self), bytes.readSlice(length: 5) != nil,
            let payload = bytes.readSlice(length: Int(word >> 8))
        {
            let type = UInt8(truncatingIfNeeded: word)
            found.types.append(type)
            if type == 7, let last = payload.getInteger(at: payload.readerIndex, as: UInt32.self) {
                found.goAways.append(last)
            }
        }
        return found
    }

    func acknowledgePing() throws {
        var payload = ByteBuffer()
        payload.writeInteger(GRPCConnection.shutdownPing)
        try frame(type: 6, flags: 1, payload)
    }

    func askToLeave() {
        channel.pipeline.fireUserInboundEventTriggered(ConnectionReplaced())
        channel.embeddedEventLoop.run()
    }
}

@Suite struct `A gRPC connection that is asked to make room` {
    private let headers: UInt8 = 1
    private let all = UInt32(Int32.max)

    @Test func `answers calls that its client began before it knew, then closes`() throws {
        let connection = try Connection()
        try connection.begin(1)
        try connection.end(1)
        _ = try connection.received()
        connection.askToLeave()
        #expect(try connection.received().goAways == [all])
        // These were on their way at the same time as the GOAWAY.
        try connection.begin(3)
        try connection.begin(5)
        try connection.end(3)
        try connection.acknowledgePing()
        #expect(connection.channel.isActive)
        try connection.end(5)
        let last = try connection.received()
        #expect(last.types.filter { $0 == headers }.count == 4, "a head and trailers for each")
        #expect(last.goAways == [5])
        #expect(!connection.channel.isActive)
        #expect(connection.service.refused == [.connections])
    }

    @Test func `closes when its client has acknowledged the GOAWAY`() throws {
        let connection = try Connection()
        try connection.begin(1)
        try connection.end(1)
        connection.askToLeave()
        #expect(connection.channel.isActive)
        try connection.acknowledgePing()
        #expect(!connection.channel.isActive)
        #expect(try connection.received().goAways == [all, 1])
    }

    @Test func `closes after the last call of a client that said goodbye while the call was open`() throws {
        let connection = try Connection()
        try connection.begin(1)
        var goodbye = ByteBuffer()
        goodbye.writeInteger(UInt64(0))
        try connection.frame(type: 7, goodbye)
        #expect(connection.channel.isActive)
        try connection.end(1)
        #expect(try connection.received().types.filter { $0 == headers }.count == 2)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!connection.channel.isActive)
        #expect(connection.service.refused.isEmpty)
    }

    @Test func `waits only a few seconds for a silent client`() throws {
        let connection = try Connection()
        try connection.begin(1)
        try connection.end(1)
        connection.askToLeave()
        try connection.begin(3)
        for _ in 0..<(ReceiverLimits().makeRoomSeconds + 1) {
            connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        }
        #expect(!connection.channel.isActive)
    }

    @Test func `stays while a call is open, and has another make room`() throws {
        let connections = OpenConnections(limit: 2)
        let first = try Connection(connections)
        let second = try Connection(connections)
        for connection in [first, second] {
            try connection.begin(1)
            try connection.end(1)
        }
        try first.begin(3)
        // As if it had been asked just before the call began.
        connections.note(first.channel, .idle)
        connections.note(second.channel, .idle)
        #expect(connections.admit(EmbeddedChannel()))
        first.channel.embeddedEventLoop.run()
        second.channel.embeddedEventLoop.run()
        #expect(connections.count == 2)
        try first.end(3)
        #expect(first.channel.isActive)
        #expect(try first.received().goAways == [])
        try second.acknowledgePing()
        #expect(try second.received().goAways == [all, 1])
        #expect(first.service.refused == [] && second.service.refused == [.connections])
    }

    @Test func `closes at once if it was never used, and says that it processed nothing`() throws {
        let connection = try Connection()
        connection.askToLeave()
        #expect(!connection.channel.isActive)
        #expect(try connection.received().goAways == [0])
    }

    @Test(arguments: [
        ("\u{16}\u{3}\u{1}\u{2}", RefusalReason.tls), ("POST /v1/traces HTTP/1.1\r\n", .http1),
        ("hello", .protocolError),
    ])
    func `is told apart from one of another protocol`(_ opening: String, _ reason: RefusalReason) throws {
        let channel = EmbeddedChannel()
        let service = SilentService()
        let connections = OpenConnections(limit: 1)
        try GRPCPipeline.add(
            to: channel, limits: ReceiverLimits(), admission: Admission(limit: 1 << 20), service: service,
            connections: connections)
        channel.pipeline.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        for byte in opening.utf8 where channel.isActive { try channel.writeInbound(ByteBuffer(bytes: [byte])) }
        #expect(!channel.isActive)
        #expect(service.refused == [reason])
    }
}
