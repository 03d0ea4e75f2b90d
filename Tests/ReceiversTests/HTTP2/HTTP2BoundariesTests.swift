import NIOCore
import Testing

@testable import Receivers

@Suite struct `HTTP/2 boundaries` {
    private let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private func frame(_ type: UInt8, _ flags: UInt8, length: Int) -> [UInt8] {
        let size = [UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255)]
        return size + [type, flags, 0, 0, 0, 1] + [UInt8](repeating: 9, count: length)
    }

    private func receive(_ bytes: [UInt8], cutAt cut: Int) -> HTTP2Boundaries {
        var boundaries = HTTP2Boundaries()
        boundaries.receive(copyOf: ByteBuffer(bytes: bytes[..<cut]))
        boundaries.receive(copyOf: ByteBuffer(bytes: bytes[cut...]))
        return boundaries
    }

    @Test func `a fresh connection is waited for`() {
        #expect(HTTP2Boundaries().isWaiting)
        var boundaries = HTTP2Boundaries()
        boundaries.receive(copyOf: ByteBuffer(bytes: preface.dropLast()))
        #expect(boundaries.isWaiting)
        boundaries.receive(copyOf: ByteBuffer(bytes: preface.suffix(1)))
        #expect(!boundaries.isWaiting)
    }

    @Test func `whole frames leave nothing to wait for, wherever reads are cut`() {
        let bytes = preface + frame(4, 0, length: 0) + frame(1, 4, length: 300) + frame(0, 1, length: 20)
        for cut in 0...bytes.count {
            let boundaries = receive(bytes, cutAt: cut)
            #expect(!boundaries.isWaiting, "cut at \(cut)")
            #expect(boundaries.begun == 3)
        }
    }

    @Test func `a header block that lacks its end is waited for`() {
        let open = preface + frame(1, 0, length: 5)
        #expect(receive(open, cutAt: 30).isWaiting)
        #expect(receive(open + frame(9, 0, length: 5), cutAt: 30).isWaiting)
        #expect(!receive(open + frame(9, 4, length: 5), cutAt: 30).isWaiting)
    }

    @Test func `the inside of a DATA frame isn't waited for, that of others is`() {
        for (type, isWaiting) in [(UInt8(0), false), (1, true), (4, true), (6, true), (99, true)] {
            let begun = (preface + frame(type, 4, length: 20)).dropLast(3)
            #expect(receive(Array(begun), cutAt: 24).isWaiting == isWaiting, "type \(type)")
        }
        // An incomplete frame header doesn't count as complete either.
        #expect(receive(Array((preface + frame(0, 0, length: 0)).dropLast()), cutAt: 24).isWaiting)
    }

    @Test func `a GOAWAY names no last stream afterwards, wherever reads are cut; nothing else is changed`() {
        let goodbye = frame(7, 0, length: 12)
        var expected = preface + goodbye + frame(0, 0, length: 12)
        let bytes = expected
        expected.replaceSubrange(preface.count + 9..<preface.count + 13, with: [0, 0, 0, 0])
        for cut in 0...bytes.count {
            var boundaries = HTTP2Boundaries()
            var (first, second) = (ByteBuffer(bytes: bytes[..<cut]), ByteBuffer(bytes: bytes[cut...]))
            boundaries.receive(&first)
            boundaries.receive(&second)
            #expect(Array(first.readableBytesView) + Array(second.readableBytesView) == expected, "cut at \(cut)")
        }
    }
}

extension HTTP2Boundaries {
    mutating func receive(copyOf bytes: ByteBuffer) {
        var bytes = bytes
        receive(&bytes)
    }
}
