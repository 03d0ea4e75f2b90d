import NIOCore
import NIOEmbedded
import Testing

@testable import Receivers

/// A connection that only counts how often it is asked to make room.
private final class Asked: ChannelInboundHandler {
    typealias InboundIn = Never

    private(set) var count = 0

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ConnectionReplaced { count += 1 }
    }
}

@Suite struct `A listener with no room left` {
    private let connections = OpenConnections(limit: 8)
    private let asked = (0..<8).map { _ in Asked() }
    private let channels: [EmbeddedChannel]

    init() {
        channels = asked.map { EmbeddedChannel(handler: $0) }
        for channel in channels { #expect(connections.admit(channel)) }
    }

    private func use(_ numbers: some Sequence<Int>, _ use: OpenConnections.Use) {
        for number in numbers { connections.note(channels[number], use) }
    }

    @Test func `asks the one that has waited longest, and leaves a few newcomers the time for their first request`() {
        use(0..<6, .busy)
        use([3, 1, 4], .idle)
        #expect(connections.admit(EmbeddedChannel()))
        #expect(asked.map(\.count) == [0, 0, 0, 1, 0, 0, 0, 0])
        #expect(connections.count == 8)
    }

    @Test func `asks the oldest of the silent ones if there are many`() {
        use([0], .busy)
        use([0], .idle)
        #expect(connections.admit(EmbeddedChannel()))
        #expect(connections.admit(EmbeddedChannel()))
        #expect(asked.map(\.count) == [0, 1, 1, 0, 0, 0, 0, 0])
    }

    @Test func `asks another if one stays, and refuses if none can leave`() {
        use(0..<8, .busy)
        use([2, 5], .idle)
        #expect(connections.admit(EmbeddedChannel()))
        connections.keep(channels[2])
        #expect(asked.map(\.count) == [0, 0, 1, 0, 0, 1, 0, 0])
        #expect(connections.count == 8)
        // Now the newcomer can leave.
        connections.keep(channels[5])
        #expect(connections.count == 8)
        #expect(!connections.admit(EmbeddedChannel()))
    }

    @Test func `never has more than one above its limit`() {
        use(0..<8, .busy)
        use([2], .idle)
        let newcomer = EmbeddedChannel()
        #expect(connections.admit(newcomer))
        connections.note(newcomer, .busy)
        connections.keep(channels[2])
        #expect(connections.count == 9)
        use([0], .idle)
        #expect(!connections.admit(EmbeddedChannel()))
        #expect(connections.count == 9)
    }
}
