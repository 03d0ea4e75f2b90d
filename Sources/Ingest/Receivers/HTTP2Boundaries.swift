package import NIOCore

/// Follows the bytes of an HTTP/2 connection from frame to frame, to know whether a client keeps us waiting within
/// a header block or a control frame. The HTTP/2 handler gathers those silently, however long they take.
///
/// It looks at frame headers alone (RFC 9113, section 4.1: a length in 24 bits, type, flags, stream).
package struct HTTP2Boundaries {
    private static let prefaceLength = 24
    private static let headerLength = 9
    private static let endHeaders: UInt8 = 4

    /// Bytes to come before the next frame header.
    private var toSkip = prefaceLength
    private var header = ByteBuffer()
    private var isInData = false
    private var isInGoAway = false
    private var goAway = ByteBuffer()

    /// Whether a GOAWAY without an error has come.
    package private(set) var isLeft = false
    private var isInHeaderBlock = false

    /// How many frames have begun, which is to say that all before them are complete.
    package private(set) var begun: UInt64 = 0

    package init() {}

    /// Whether something has been begun that isn't complete. The payload of DATA doesn't count: calls have
    /// deadlines of their own.
    package var isWaiting: Bool {
        isInHeaderBlock || header.readableBytes > 0 || (toSkip > 0 && !isInData)
    }

    /// - Parameter onFrame: is told of each frame that begins.
    package mutating func receive(
        _ bytes: ByteBuffer, onFrame: (HTTP2FrameType, _ length: Int, _ flags: UInt8) -> Void = { _, _, _ in }
    ) {
        var bytes = bytes
        while true {
            let skipped = min(toSkip, bytes.readableBytes)
            if isInGoAway { readGoAway(bytes, skipped) }
            bytes.moveReaderIndex(forwardBy: skipped)
            toSkip -= skipped
            guard toSkip == 0 else { return }
            if isInGoAway { endGoAway() }
            isInData = false
            guard let (length, type, flags) = readHeader(&bytes) else { return }
            begin(length, type, flags)
            onFrame(type, length, flags)
        }
    }

    private mutating func readHeader(_ bytes: inout ByteBuffer) -> Header? {
        let wanted = min(Self.headerLength - header.readableBytes, bytes.readableBytes)
        if wanted == Self.headerLength {
            // The usual case; `header` then is empty.
            let parsed = Self.parse(bytes)
            bytes.moveReaderIndex(forwardBy: wanted)
            return parsed
        }
        if var part = bytes.readSlice(length: wanted) { header.writeBuffer(&part) }
        guard header.readableBytes == Self.headerLength else { return nil }
        defer { header.clear() }
        return Self.parse(header)
    }

    private typealias Header = (length: Int, type: HTTP2FrameType, flags: UInt8)

    private static func parse(_ bytes: ByteBuffer) -> Header? {
        guard let word = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self),
            let flags = bytes.getInteger(at: bytes.readerIndex + 4, as: UInt8.self)
        else { return nil }
        return (Int(word >> 8), HTTP2FrameType(rawValue: UInt8(truncatingIfNeeded: word)), flags)
    }

    /// Gathers the number of the last stream and the error code behind it.
    private mutating func readGoAway(_ bytes: ByteBuffer, _ count: Int) {
        guard let part = bytes.getSlice(at: bytes.readerIndex, length: min(count, 8 - goAway.readableBytes)) else {
            return
        }
        goAway.writeImmutableBuffer(part)
    }

    /// A goodbye counts when all of it has come: the HTTP/2 handler may not take a frame that is too large for one.
    private mutating func endGoAway() {
        isLeft = isLeft || goAway.getInteger(at: goAway.readerIndex + 4, as: UInt32.self) == 0
    }

    private mutating func begin(_ length: Int, _ type: HTTP2FrameType, _ flags: UInt8) {
        begun &+= 1
        toSkip = length
        isInData = type == .data
        isInGoAway = type == .goAway
        goAway.clear()
        if type == .headers || type == .continuation {
            isInHeaderBlock = flags & Self.endHeaders == 0
        }
    }
}
