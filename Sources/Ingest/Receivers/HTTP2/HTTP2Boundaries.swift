import NIOCore

/// Follows an HTTP/2 connection from frame to frame, to detect a client that stalls inside a header block or a control
/// frame. The session waits for the rest silently for any length of time.
///
/// It parses only frame headers (RFC 9113, section 4.1: 24-bit length, type, flags, stream).
struct HTTP2Boundaries {
    private static let prefaceLength = 24
    private static let headerLength = 9
    private static let endHeaders: UInt8 = 4

    /// Bytes before the next frame header.
    private var toSkip = prefaceLength
    private var header = ByteBuffer()
    private var isInData = false
    private var isInGoAway = false
    private var goAway = ByteBuffer()

    /// Whether the client has sent a GOAWAY: it begins no more calls here, whatever its reason.
    private(set) var isLeft = false
    private var isInHeaderBlock = false

    /// Number of frames begun; all but the last are complete.
    private(set) var begun: UInt64 = 0

    init() {}

    /// Whether something is incomplete. The payload of DATA doesn't count, because calls have their own deadlines.
    var isWaiting: Bool {
        isInHeaderBlock || header.readableBytes > 0 || (toSkip > 0 && !isInData)
    }

    /// - Parameters:
    ///   - bytes: a GOAWAY in them names no last stream afterwards.
    ///   - onFrame: called for each frame that begins.
    mutating func receive(
        _ bytes: inout ByteBuffer, onFrame: (HTTP2FrameType, _ length: Int, _ flags: UInt8) -> Void = { _, _, _ in }
    ) {
        var rest = bytes
        while true {
            let skipped = min(toSkip, rest.readableBytes)
            if isInGoAway { readGoAway(rest, skipped, clearing: &bytes) }
            rest.moveReaderIndex(forwardBy: skipped)
            toSkip -= skipped
            guard toSkip == 0 else { return }
            if isInGoAway { endGoAway() }
            isInData = false
            guard let (length, type, flags) = readHeader(&rest) else { return }
            begin(length, type, flags)
            onFrame(type, length, flags)
        }
    }

    private mutating func readHeader(_ bytes: inout ByteBuffer) -> Header? {
        let wanted = min(Self.headerLength - header.readableBytes, bytes.readableBytes)
        if wanted == Self.headerLength {
            // The usual case: the frame header is complete, and `header` is empty.
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

    /// Collects the last stream's number and the error code, and sets the number to 0 in `all`.
    ///
    /// A client's GOAWAY speaks of streams that the server has opened (RFC 9113, section 6.8), of which there are none.
    /// grpc-go names its own last stream instead, for which libnghttp2 would end the connection with its calls.
    private mutating func readGoAway(_ bytes: ByteBuffer, _ count: Int, clearing all: inout ByteBuffer) {
        let known = goAway.readableBytes
        guard let part = bytes.getSlice(at: bytes.readerIndex, length: min(count, 8 - known)) else { return }
        goAway.writeImmutableBuffer(part)
        all.setRepeatingByte(0, count: max(min(count, 4 - known), 0), at: bytes.readerIndex)
    }

    /// A GOAWAY counts only when it is complete: the session may reject one that is too large.
    private mutating func endGoAway() {
        isLeft = isLeft || goAway.readableBytes == 8
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
