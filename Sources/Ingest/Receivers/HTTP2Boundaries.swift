package import NIOCore

/// Follows the bytes of an HTTP/2 connection from frame to frame, to know whether a client keeps us waiting within
/// a header block or a control frame. The HTTP/2 handler gathers those silently, however long they take.
///
/// It looks at frame headers alone (RFC 9113, section 4.1: a length in 24 bits, type, flags, stream).
package struct HTTP2Boundaries {
    private enum FrameType {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let continuation: UInt8 = 9
    }

    private static let prefaceLength = 24
    private static let headerLength = 9
    private static let endHeaders: UInt8 = 4

    /// Bytes to come before the next frame header.
    private var toSkip = prefaceLength
    private var header = ByteBuffer()
    private var isInData = false
    private var isInHeaderBlock = false

    /// How many frames have begun, which is to say that all before them are complete.
    package private(set) var begun: UInt64 = 0

    package init() {}

    /// Whether something has been begun that isn't complete. The payload of DATA doesn't count: calls have
    /// deadlines of their own.
    package var isWaiting: Bool {
        isInHeaderBlock || header.readableBytes > 0 || (toSkip > 0 && !isInData)
    }

    package mutating func receive(_ bytes: ByteBuffer) {
        var bytes = bytes
        while true {
            let skipped = min(toSkip, bytes.readableBytes)
            bytes.moveReaderIndex(forwardBy: skipped)
            toSkip -= skipped
            guard toSkip == 0 else { return }
            isInData = false
            guard readHeader(&bytes) else { return }
        }
    }

    private mutating func readHeader(_ bytes: inout ByteBuffer) -> Bool {
        let wanted = min(Self.headerLength - header.readableBytes, bytes.readableBytes)
        if wanted == Self.headerLength {
            // The usual case; `header` then is empty.
            guard let (length, type, flags) = Self.parse(bytes) else { return false }
            bytes.moveReaderIndex(forwardBy: wanted)
            begin(length, type, flags)
            return true
        }
        if var part = bytes.readSlice(length: wanted) { header.writeBuffer(&part) }
        guard header.readableBytes == Self.headerLength, let (length, type, flags) = Self.parse(header) else {
            return false
        }
        header.clear()
        begin(length, type, flags)
        return true
    }

    private static func parse(_ bytes: ByteBuffer) -> (length: Int, type: UInt8, flags: UInt8)? {
        guard let word = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self),
            let flags = bytes.getInteger(at: bytes.readerIndex + 4, as: UInt8.self)
        else { return nil }
        return (Int(word >> 8), UInt8(truncatingIfNeeded: word), flags)
    }

    private mutating func begin(_ length: Int, _ type: UInt8, _ flags: UInt8) {
        begun &+= 1
        toSkip = length
        isInData = type == FrameType.data
        if type == FrameType.headers || type == FrameType.continuation {
            isInHeaderBlock = flags & Self.endHeaders == 0
        }
    }
}
