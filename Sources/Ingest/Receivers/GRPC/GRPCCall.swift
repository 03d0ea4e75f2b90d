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

    /// Takes the payload of a DATA frame.
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
