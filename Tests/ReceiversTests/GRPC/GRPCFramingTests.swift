import NIOCore
import Testing

@testable import Receivers

@Suite struct `gRPC framing` {
    private func bytes(_ array: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: array)
    }

    private func prefix(_ flag: UInt8, _ length: UInt32) -> [UInt8] {
        [flag] + [24, 16, 8, 0].map { UInt8(length >> $0 & 255) }
    }

    @Test func `a message in one frame is handed on as it came`() {
        var framing = GRPCFraming(limit: 100)
        let action = framing.receive(bytes(prefix(0, 3) + [1, 2, 3]), endOfStream: true)
        #expect(action == .message(bytes([1, 2, 3]), isCompressed: false))
    }

    @Test func `an empty message is a message`() {
        var framing = GRPCFraming(limit: 100)
        let action = framing.receive(bytes(prefix(1, 0)), endOfStream: true)
        #expect(action == .message(ByteBuffer(), isCompressed: true))
    }

    @Test func `every cut into three chunks gives the same message`() {
        let whole = prefix(1, 9) + Array(1...9)
        for first in 0...whole.count {
            for second in first...whole.count {
                var framing = GRPCFraming(limit: 9)
                #expect(framing.receive(bytes(Array(whole[..<first])), endOfStream: false) == .wait)
                #expect(framing.receive(bytes(Array(whole[first..<second])), endOfStream: false) == .wait)
                let action = framing.receive(bytes(Array(whole[second...])), endOfStream: true)
                let wanted = GRPCFraming.Action.message(bytes(Array(1...9)), isCompressed: true)
                #expect(action == wanted, "cut at \(first), \(second)")
            }
        }
    }

    @Test func `a message may come byte by byte, and the end after it`() {
        var framing = GRPCFraming(limit: 9)
        for byte in prefix(0, 9) + Array(1...9) {
            #expect(framing.receive(bytes([byte]), endOfStream: false) == .wait)
        }
        let action = framing.receive(ByteBuffer(), endOfStream: true)
        #expect(action == .message(bytes(Array(1...9)), isCompressed: false))
    }

    @Test func `a message cut short at any byte is refused`() {
        let whole = prefix(0, 9) + Array(1...9)
        for length in 0..<whole.count {
            var framing = GRPCFraming(limit: 9)
            let fault: GRPCFraming.FramingError = length == 0 ? .noMessage : .truncated
            #expect(framing.receive(bytes(Array(whole[..<length])), endOfStream: true) == .refuse(fault))
            var inTwo = GRPCFraming(limit: 9)
            #expect(inTwo.receive(bytes(Array(whole[..<length])), endOfStream: false) == .wait)
            #expect(inTwo.receive(ByteBuffer(), endOfStream: true) == .refuse(fault))
        }
    }

    @Test(
        arguments: [
            ([0, 0, 0, 0, 10], GRPCFraming.FramingError.tooLarge),
            ([0, 0xFF, 0xFF, 0xFF, 0xFF], .tooLarge),
            ([1, 0x80, 0, 0, 0, 1, 2, 3], .tooLarge),
            ([2, 0, 0, 0, 1, 7], .unknownFlag(2)),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .unknownFlag(0xFF)),
            ([0, 0, 0, 0, 1, 7, 8], .secondMessage),
            ([0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 1, 8], .secondMessage),
            ([0, 0, 0, 0, 0, 0], .secondMessage),
        ] as [([UInt8], GRPCFraming.FramingError)])
    func `anything but a single message within the limit is refused at once`(
        frame: [UInt8], fault: GRPCFraming.FramingError
    ) {
        for endOfStream in [false, true] {
            var framing = GRPCFraming(limit: 9)
            #expect(framing.receive(bytes(frame), endOfStream: endOfStream) == .refuse(fault))
            #expect(framing.receive(bytes([0, 0, 0, 0, 0]), endOfStream: true) == .wait, "the call is over")
        }
    }

    @Test func `a second message is refused even in a separate frame`() {
        var framing = GRPCFraming(limit: 9)
        #expect(framing.receive(bytes(prefix(0, 1) + [7]), endOfStream: false) == .wait)
        #expect(framing.receive(bytes([0]), endOfStream: false) == .refuse(.secondMessage))
    }
}
