import NIOCore
import Testing

@testable import Receivers

@Suite struct `early settings` {
    private static let magic = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let acknowledgement: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]
    /// SETTINGS with one entry, as clients send first.
    private static let settings: [UInt8] = [0, 0, 6, 4, 0, 0, 0, 0, 0] + [0, 4, 0, 1, 0, 0]
    private static let ping: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0] + [1, 2, 3, 4, 5, 6, 7, 8]

    @Test func `the acknowledgement is moved ahead, wherever the bytes are cut`() {
        let sent = Self.magic + Self.settings + Self.ping + Self.acknowledgement + Self.ping
        let wanted = Self.magic + Self.settings + Self.acknowledgement + Self.ping + Self.ping
        for first in 0...sent.count {
            for second in first...sent.count {
                var early = EarlySettings()
                let parts = [sent[..<first], sent[first..<second], sent[second...]]
                let passed = parts.flatMap { Array(early.filter(ByteBuffer(bytes: $0)).readableBytesView) }
                #expect(passed == wanted, "cut at \(first) and \(second)")
                #expect(early.isOver)
            }
        }
    }

    @Test func `a second acknowledgement is passed on`() {
        var early = EarlySettings()
        let sent = Self.magic + Self.settings + Self.acknowledgement + Self.acknowledgement
        let passed = early.filter(ByteBuffer(bytes: sent))
        #expect(Array(passed.readableBytesView) == sent)
    }

    @Test func `nothing is held back of a client that never acknowledges`() {
        var early = EarlySettings()
        let passed = early.filter(ByteBuffer(bytes: Self.magic + Self.settings + Self.ping))
        #expect(Array(passed.readableBytesView) == Self.magic + Self.settings + Self.acknowledgement + Self.ping)
        #expect(!early.isOver)
    }
}
