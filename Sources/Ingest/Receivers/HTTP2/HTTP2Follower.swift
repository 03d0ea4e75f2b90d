import NIOCore

/// Follows the incoming bytes of an HTTP/2 connection ahead of its session, and stops floods and foreign protocols before they
/// cause work.
struct HTTP2Follower {
    private(set) var boundaries = HTTP2Boundaries()
    var budget: FrameBudget
    /// The part of the preface that has arrived; nil once it is complete.
    private var opening: ByteBuffer? = ByteBuffer()

    init(_ limits: ReceiverLimits) {
        budget = FrameBudget(perSecond: limits.controlFramesPerSecond, resetsPer30Seconds: limits.resetsPer30Seconds)
    }

    /// Whether the client has sent a GOAWAY.
    var isLeft: Bool { boundaries.isLeft }

    /// Returns why the bytes must not reach the session; nil if they may.
    ///
    /// - Parameter bytes: a GOAWAY in them names no last stream afterwards.
    mutating func follow(_ bytes: inout ByteBuffer) -> ConnectionFailure? {
        if let failure = foreignProtocol(bytes) { return failure }
        boundaries.receive(&bytes) { type, length, flags in
            budget.charge(type, length: length, flags: flags)
        }
        return budget.exceeded.map { ConnectionFailure(reason: $0) }
    }

    /// The reason to refuse a client that doesn't start with the HTTP/2 preface.
    private mutating func foreignProtocol(_ bytes: ByteBuffer) -> ConnectionFailure? {
        guard var begun = opening else { return nil }
        begun.writeBytes(bytes.readableBytesView.prefix(Self.preface.count - begun.readableBytes))
        guard Self.preface.starts(with: begun.readableBytesView) else {
            switch ClientProtocol(opening: begun) {
            case .tls: return ConnectionFailure(reason: .tls)
            case .http1: return ConnectionFailure(reason: .http1)
            case .http2, .unknown:
                return ConnectionFailure(
                    reason: .protocolError, explanation: "the connection doesn't begin with HTTP/2's preface")
            }
        }
        opening = begun.readableBytes < Self.preface.count ? begun : nil
        return nil
    }

    /// RFC 9113, section 3.4.
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
}
