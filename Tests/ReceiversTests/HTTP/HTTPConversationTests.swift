import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Receivers

/// A connection of the HTTP receiver up to the responder, which the test plays.
private struct Connection {
    let channel: EmbeddedChannel
    let service = SilentService()
    let connections: OpenConnections
    private let deadlines: HTTPDeadlines

    init(_ connections: OpenConnections = OpenConnections(limit: 1)) throws {
        self.connections = connections
        let socket = Listener(
            ListenAddress(host: "127.0.0.1", port: 0), transport: .http, limits: ReceiverLimits(),
            connections: connections, service: service
        ) { _ in }
        let listener = HTTPListener(socket, wantsBody: { _ in true }) { _, _ in Response(status: .ok) }
        deadlines = HTTPDeadlines(limits: ReceiverLimits(), transport: .http, service: service)
        channel = EmbeddedChannel(handlers: [
            deadlines, HTTPResponseEncoder(),
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
            HTTPConversation(deadlines, listener: listener),
        ])
        #expect(connections.admit(channel))
        channel.pipeline.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    /// Targets of the requests whose turn has come since the last call.
    func taken() throws -> [String] {
        var targets: [String] = []
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            if case .head(let head) = part { targets.append(head.uri) }
        }
        return targets
    }

    func answer(_ text: String, length: Bool = true) throws {
        let headers: HTTPHeaders = length ? ["Content-Length": "\(text.utf8.count)"] : [:]
        try channel.writeOutbound(
            HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)))
        try channel.writeOutbound(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    /// What the client has received since the last call.
    func received() throws -> String {
        var text = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: part) }
        return text
    }

    func askToLeave() {
        channel.pipeline.fireUserInboundEventTriggered(ConnectionReplaced())
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
    }
}

@Suite struct `A conversation over HTTP 1` {
    private func get(_ target: String, _ fields: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n"
    }

    @Test func `takes pipelined requests one by one, each when the reply before it has gone out`() throws {
        let connection = try Connection()
        try connection.send(get("/1") + get("/2") + get("/3"))
        for number in 1...3 {
            #expect(try connection.taken() == ["/\(number)"])
            #expect(try connection.taken() == [])
            try connection.answer("reply \(number)")
            #expect(try connection.received().hasSuffix("\r\n\r\nreply \(number)"))
        }
        #expect(connection.channel.isActive)
    }

    @Test func `with a request waiting behind the reply is not idle, and makes no room`() throws {
        let connection = try Connection()
        try connection.send(get("/1") + get("/2"))
        connection.askToLeave()
        try connection.answer("1")
        connection.askToLeave()
        #expect(connection.channel.isActive)
        #expect(try connection.taken() == ["/1", "/2"])
        try connection.answer("2")
        #expect(connection.service.refused == [])
        connection.askToLeave()
        #expect(!connection.channel.isActive)
        #expect(connection.service.refused == [.connections])
    }

    @Test func `that has begun a head makes no room`() throws {
        let connection = try Connection()
        try connection.send("GET / HT")
        connection.askToLeave()
        #expect(connection.channel.isActive)
    }

    @Test func `makes no room where a request comes while it is being asked`() throws {
        let connection = try Connection()
        connection.channel.pipeline.fireUserInboundEventTriggered(ConnectionReplaced())
        try connection.send(get("/"))
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(connection.channel.isActive)
        try connection.answer("here")
        #expect(try connection.received().hasSuffix("here"))
    }

    @Test func `that is busy has another make room`() throws {
        let connections = OpenConnections(limit: 2)
        let first = try Connection(connections)
        let second = try Connection(connections)
        for connection in [first, second] {
            try connection.send(get("/"))
            try connection.answer("1")
        }
        // The first one has waited longest and is asked to leave, but its next request comes first.
        #expect(connections.admit(EmbeddedChannel()))
        try first.send(get("/"))
        for connection in [first, second] { connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1)) }
        for connection in [first, second] { connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1)) }
        #expect(first.channel.isActive && !second.channel.isActive)
        #expect(connections.count == 2)
        #expect(first.service.refused == [] && second.service.refused == [.connections])
    }

    @Test func `answers HEAD with the fields of GET and no body, chunked or not`() throws {
        for length in [true, false] {
            let connection = try Connection()
            try connection.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + get("/"))
            try connection.answer("text", length: length)
            let head = try connection.received()
            try connection.answer("text", length: length)
            let whole = try connection.received()
            #expect(head.hasSuffix("\r\n\r\n"))
            #expect(whole.hasPrefix(head))
            #expect(whole.dropFirst(head.count) == (length ? "text" : "4\r\ntext\r\n0\r\n\r\n"))
        }
    }

    @Test func `tells a client of HTTP 1_0 the end of a body of unknown length by closing`() throws {
        let connection = try Connection()
        try connection.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        try connection.answer("text", length: false)
        let reply = try connection.received()
        #expect(reply.hasPrefix("HTTP/1.0 200 OK\r\n") && reply.hasSuffix("\r\n\r\ntext"))
        #expect(reply.contains("Connection: close\r\n") && !reply.contains("chunked"))
    }

    @Test(arguments: ["close", "Close", "TE, close", "close, TE"])
    func `ends if the client asks for it`(_ value: String) throws {
        let connection = try Connection()
        try connection.send(get("/1", "Connection: \(value)\r\n") + get("/2"))
        try connection.answer("1")
        #expect(try connection.taken() == ["/1"])
        #expect(try connection.received().contains("Connection: close\r\n"))
    }

    @Test func `ends after a request for another protocol, which it doesn't speak`() throws {
        let connection = try Connection()
        try connection.send(get("/", "Connection: Upgrade\r\nUpgrade: h2c\r\n"))
        try connection.answer("plain")
        #expect(try connection.received().contains("Connection: close\r\n"))
    }

    @Test func `keeps an early reply if the rest of its request isn't HTTP`() throws {
        let connection = try Connection()
        try connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try connection.answer("early")
        #expect(try connection.received().hasSuffix("early"))
        #expect(throws: (any Error).self) { try connection.send("zz\r\n") }
        #expect(try connection.received() == "")
        #expect(connection.service.refused == [.protocolError])
    }

    @Test func `says 100 Continue when a request's turn has come, not within the reply before it`() throws {
        let connection = try Connection()
        try connection.send(
            get("/1") + "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
        #expect(try connection.received() == "")
        try connection.answer("1")
        #expect(try connection.received().hasSuffix("\r\n\r\n1HTTP/1.1 100 Continue\r\n\r\n"))
    }
}
