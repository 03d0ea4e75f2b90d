import NIOCore
import Testing

@testable import API

@Suite struct `Listeners to events` {
    private let hub = EventHub()

    @Test func `hear what is sent while they listen`() async throws {
        let listener = try #require(hub.listen(nil))
        #expect(hub.send(ByteBuffer(string: "a")).isEmpty)
        #expect(hub.send(ByteBuffer(string: "b")).isEmpty)
        hub.stop()
        var heard: [String] = []
        for await event in listener.events { heard.append(String(buffer: event)) }
        #expect(heard == ["a", "b"])
        #expect(hub.listen(nil) == nil, "the server stops")
    }

    @Test func `are dropped if they don't read`() throws {
        let (slow, reading) = (try #require(hub.listen(nil)), hub.isHeard)
        #expect(reading)
        var dropped = 0
        for _ in 0..<1_000 where dropped == 0 { dropped = hub.send(ByteBuffer(string: "x")).count }
        #expect(dropped == 1 && !hub.isHeard)
        extendLifetime(slow)
    }

    @Test func `are limited in number, and leave their place`() {
        var listeners = (0..<EventHub.listenersMax).map { _ in hub.listen(nil) }
        #expect(listeners.allSatisfy { $0 != nil } && hub.listen(nil) == nil)
        listeners.removeLast()
        #expect(hub.listen(nil) != nil)
    }
}
