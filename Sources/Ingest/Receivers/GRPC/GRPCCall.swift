internal import NIOCore

/// An Export call, from its request headers until its stream is closed.
final class GRPCCall {
    /// nil once the call is answered.
    private var request: Request?
    /// The tick at which the current step has taken too long.
    private(set) var deadline: UInt64

    private struct Request: ~Copyable {
        var compression: GRPCRequestHead.Compression
        var framing: GRPCFraming
        var reservation: Reservation
    }

    enum Action {
        case wait
        case message(ByteBuffer, isGzip: Bool)
        case refuse(RPCStatus, RefusalReason)
    }

    /// - Parameter deadline: tick by which the whole request must have arrived.
    init(
        _ compression: GRPCRequestHead.Compression, limits: ReceiverLimits, admission: Admission,
        deadline: UInt64
    ) {
        self.deadline = deadline
        request = Request(
            compression: compression, framing: GRPCFraming(limit: limits.wireBytes),
            reservation: Reservation(admission))
    }

    /// Creates a call that is answered without reading its request.
    init(answeredUntil deadline: UInt64) {
        request = nil
        self.deadline = deadline
    }

    var isReceiving: Bool { request != nil }

    /// Takes a part of the body.
    func receive(_ chunk: ByteBuffer, endOfStream: Bool, limits: ReceiverLimits) -> Action {
        guard request != nil else { return .wait }
        if let refusal = request?.reservation.grow(by: chunk.readableBytes) ?? nil {
            return .refuse(.busy(retryAfterSeconds: limits.retrySeconds), refusal)
        }
        switch request?.framing.receive(chunk, endOfStream: endOfStream) {
        case nil, .wait: return .wait
        case .refuse(let error): return refusal(error, limits: limits)
        case .message(let message, isCompressed: false): return .message(message, isGzip: false)
        case .message(let message, isCompressed: true):
            guard request?.compression == .gzip else {
                return .refuse(
                    RPCStatus(.internal, "a message is compressed but grpc-encoding names no compression"),
                    .badFraming)
            }
            return .message(message, isGzip: true)
        }
    }

    /// Releases the request. The stream stays open until the client has read the reply, at most until `deadline`.
    func answered(deadline: UInt64) {
        request = nil
        self.deadline = deadline
    }

    private func refusal(_ error: GRPCFraming.FramingError, limits: ReceiverLimits) -> Action {
        switch error {
        case .tooLarge:
            .refuse(.tooLarge(limit: limits.wireBytes), .tooLarge)
        case .truncated:
            .refuse(RPCStatus(.invalidArgument, "the stream ended in the middle of its message"), .badFraming)
        case .noMessage:
            .refuse(RPCStatus(.unimplemented, "Export takes one message, but none came"), .badFraming)
        case .secondMessage:
            .refuse(RPCStatus(.unimplemented, "Export takes one message, but more came"), .badFraming)
        case .unknownFlag(let flag):
            .refuse(
                RPCStatus(.internal, "a message begins with the byte \(flag) instead of 0 or 1"), .badFraming)
        }
    }
}

/// Extracts the single length-prefixed message of a unary call from its DATA frames. In gRPC over HTTP/2, a flag byte
/// for compression and a 4-byte length precede the message.
///
/// A value without I/O: pass it chunks and do what it returns.
struct GRPCFraming {
    enum Action: Equatable {
        /// More data is needed.
        case wait
        /// The stream has ended and contained exactly this message.
        case message(ByteBuffer, isCompressed: Bool)
        case refuse(FramingError)
    }

    enum FramingError: Error, Equatable {
        /// The length exceeds the limit. Detected from the prefix, before anything is allocated.
        case tooLarge
        /// The stream ended inside its message.
        case truncated
        /// The stream ended before a message started.
        case noMessage
        /// The message is followed by more data.
        case secondMessage
        /// The first byte is neither 0 nor 1.
        case unknownFlag(UInt8)
    }

    private struct Prefix {
        static let size = 5
        var isCompressed: Bool
        var length: Int
    }

    /// Upper bound of the initial allocation for a message in parts. Beyond it, memory grows as data arrives, so that a
    /// false length costs nothing.
    private static let eagerCapacity = 1 << 20

    private let limit: Int
    private var prefix: Prefix?
    /// The bytes so far, first of the prefix, then of the message.
    private var pending = ByteBuffer()
    private var isOver = false

    /// - Parameter limit: largest message in bytes on the wire.
    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a part of the body. After any result but `wait`, ignores the rest of the call.
    mutating func receive(_ chunk: ByteBuffer, endOfStream: Bool) -> Action {
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
        // Usually a message comes in one piece and is decoded in the receive buffer.
        if endOfStream, pending.readableBytes == 0 { return chunk }

        // A copy: a slice would keep the whole receive buffer alive, which is more than was admitted.
        if pending.readableBytes == 0 {
            pending.reserveCapacity(min(prefix.length, Self.eagerCapacity))
        }
        pending.writeBuffer(&chunk)
        return endOfStream ? pending : nil
    }
}
