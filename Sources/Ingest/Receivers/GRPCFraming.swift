package import NIOCore

/// Takes the one length-prefixed message of a unary call out of the stream of its DATA frames
/// (gRPC over HTTP/2: a byte that tells whether the message is compressed, its length in four bytes, the message).
///
/// A value without I/O: feed it chunks, do what it says.
package struct GRPCFraming {
    package enum Action: Equatable {
        /// More must come.
        case wait
        /// The stream has ended and held exactly this message.
        case message(ByteBuffer, isCompressed: Bool)
        case refuse(FramingError)
    }

    package enum FramingError: Error, Equatable {
        /// The length is over the limit. Found from the prefix: nothing was allocated for the message.
        case tooLarge
        /// The stream ended before its message did.
        case truncated
        /// The stream ended before a message began.
        case noMessage
        /// Something follows the message.
        case secondMessage
        /// The first byte is neither 0 nor 1.
        case unknownFlag(UInt8)
    }

    private struct Prefix {
        static let size = 5
        var isCompressed: Bool
        var length: Int
    }

    /// Allocated at once for a message that comes in parts; what is longer grows as it arrives, so that
    /// a length alone makes nobody set memory aside.
    private static let eagerCapacity = 1 << 20

    private let limit: Int
    private var prefix: Prefix?
    /// The bytes so far: of the prefix, then of the message.
    private var pending = ByteBuffer()
    private var isOver = false

    /// - Parameter limit: largest message, bytes on the wire
    package init(limit: Int) {
        self.limit = limit
    }

    /// Takes the payload of one DATA frame. After anything but `wait` the call is over and ignores the rest.
    package mutating func receive(_ chunk: ByteBuffer, endOfStream: Bool) -> Action {
        guard !isOver else { return .wait }
        var chunk = chunk
        do throws(FramingError) {
            try readPrefix(&chunk)
            guard let prefix else {
                guard endOfStream else { return .wait }
                throw pending.readableBytes == 0 ? .noMessage : .truncated
            }
            guard let message = try readMessage(prefix, &chunk, endOfStream: endOfStream) else {
                return .wait
            }
            finish()
            return .message(message, isCompressed: prefix.isCompressed)
        } catch {
            finish()
            return .refuse(error)
        }
    }

    private mutating func finish() {
        isOver = true
        pending = ByteBuffer()
    }

    private mutating func readPrefix(_ chunk: inout ByteBuffer) throws(FramingError) {
        guard prefix == nil else { return }
        let wanted = min(Prefix.size - pending.readableBytes, chunk.readableBytes)
        if var part = chunk.readSlice(length: wanted) { pending.writeBuffer(&part) }
        guard let (flag, length) = pending.readMultipleIntegers(as: (UInt8, UInt32).self) else { return }
        guard flag <= 1 else { throw .unknownFlag(flag) }
        guard Int(length) <= limit else { throw .tooLarge }
        prefix = Prefix(isCompressed: flag == 1, length: Int(length))
        pending = ByteBuffer()
    }

    private mutating func readMessage(
        _ prefix: Prefix, _ chunk: inout ByteBuffer, endOfStream: Bool
    ) throws(FramingError) -> ByteBuffer? {
        let missing = prefix.length - pending.readableBytes
        guard chunk.readableBytes <= missing else { throw .secondMessage }
        guard !endOfStream || chunk.readableBytes == missing else { throw .truncated }
        // The usual case, a message that comes whole: it is decoded where the socket put it.
        if endOfStream, pending.readableBytes == 0 { return chunk }

        // A copy, since a slice would keep the whole receive buffer alive, which is more than was admitted.
        if pending.readableBytes == 0 {
            pending.reserveCapacity(min(prefix.length, Self.eagerCapacity))
        }
        pending.writeBuffer(&chunk)
        return endOfStream ? pending : nil
    }
}
