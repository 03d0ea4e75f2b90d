package import NIOCore

/// Has the HTTP/2 handler take its settings for acknowledged as soon as the client has sent its own, and keeps the
/// client's acknowledgement from it.
///
/// Until then swift-nio-http2 would hold the client to 100 concurrent streams, and end the connection over the next. A
/// client that hasn't read our settings knows of no limit (RFC 9113, section 6.5.2), so it isn't at fault: its calls are
/// refused one by one, by `GRPCConnection`.
package struct EarlySettings {
    private static let headerLength = 9
    /// SETTINGS, with the flag ACK, on the connection.
    private static let acknowledgement: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]

    /// Bytes to come of the preface's first line, or of a frame.
    private var toPass = 24
    private var framesBegun = 0
    private var header = ByteBuffer()
    private var isInjected = false
    /// Whether everything is passed on as it is from now on.
    package private(set) var isOver = false

    package init() {}

    /// What the handler is given for what the client has sent.
    package mutating func filter(_ bytes: ByteBuffer) -> ByteBuffer {
        guard !isOver else { return bytes }
        var bytes = bytes
        var result = ByteBuffer()
        while true {
            if var part = bytes.readSlice(length: min(toPass, bytes.readableBytes)) {
                toPass -= part.readableBytes
                result.writeBuffer(&part)
            }
            guard toPass == 0 else { return result }
            if framesBegun == 1, !isInjected {
                isInjected = true
                result.writeBytes(Self.acknowledgement)
            }
            let wanted = min(Self.headerLength - header.readableBytes, bytes.readableBytes)
            if var part = bytes.readSlice(length: wanted) { header.writeBuffer(&part) }
            guard header.readableBytes == Self.headerLength,
                let word = header.getInteger(at: header.readerIndex, as: UInt32.self)
            else { return result }
            framesBegun += 1
            if isInjected, header.readableBytesView.elementsEqual(Self.acknowledgement) {
                isOver = true
                result.writeBuffer(&bytes)
                return result
            }
            toPass = Int(word >> 8)
            result.writeBuffer(&header)
            header.clear()
        }
    }
}
