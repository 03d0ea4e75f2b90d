import NIOCore
internal import NIOSSL
internal import NIOTLS

/// The channel handlers of TLS: those of the protocol, behind them, see plain text.
enum TLSPipeline {
    static func add(
        to channel: any Channel, context: NIOSSLContext,
        refused: @escaping (RefusalReason, _ explanation: String?) -> Void
    ) throws {
        let watch = HandshakeWatch { refused($0, nil) }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(watch)
        try pipeline.addHandler(NIOSSLServerHandler(context: context))
        try pipeline.addHandler(TLSFailures(watch, refused))
    }
}

/// Sees what a client sends before TLS is established. Says so to clients that speak plain text to a TLS port, if they speak
/// HTTP/1.
final class HandshakeWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Whether the client has sent anything.
    private(set) var hasHeard = false
    private(set) var isPlainText = false
    /// Whether the client has said in plain text that it doesn't accept the certificate.
    private(set) var isCertificateRefused = false
    private let refused: (RefusalReason) -> Void

    init(_ refused: @escaping (RefusalReason) -> Void) {
        self.refused = refused
    }

    private static let message = "this port takes TLS; use https:// here\n"
    private static let answer =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        + "Content-Length: \(message.utf8.count)\r\nConnection: close\r\n\r\n" + message

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard !isPlainText, let first = bytes.readableBytesView.first else { return }
        let isFirst = !hasHeard
        hasHeard = true
        if isFirst, first != TLSRecords.handshake { return refusePlainText(bytes, context) }
        isCertificateRefused = isCertificateRefused || TLSRecords.refusesCertificate(bytes)
        context.fireChannelRead(data)
    }

    private func refusePlainText(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        isPlainText = true
        refused(.plainText)
        guard ClientProtocol(opening: bytes) == .http1 else { return context.close(promise: nil) }
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: Self.answer)), promise: written)
    }
}

/// TLS records in plain text (RFC 8446, section 5.1): type, version, length.
enum TLSRecords {
    static let handshake: UInt8 = 22
    private static let alert: UInt8 = 21
    /// bad_certificate to certificate_unknown, and unknown_ca (RFC 8446, section 6.2).
    private static let aboutCertificates: Set<UInt8> = [42, 43, 44, 45, 46, 48]

    /// Whether an alert in plain text says that the client doesn't accept the certificate. OpenSSL sends it so even where the
    /// listener expects it encrypted, and can't read it.
    static func refusesCertificate(_ bytes: ByteBuffer) -> Bool {
        var bytes = bytes
        while let type = bytes.readInteger(as: UInt8.self), bytes.readInteger(as: UInt16.self) != nil,
            let length = bytes.readInteger(as: UInt16.self), let payload = bytes.readSlice(length: Int(length))
        {
            guard type == alert, length == 2, let description = payload.readableBytesView.last else { continue }
            if aboutCertificates.contains(description) { return true }
        }
        return false
    }
}

/// Counts why TLS failed, once for each connection, and keeps these errors from the handlers of the protocol.
final class TLSFailures: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let watch: HandshakeWatch
    private let refused: (RefusalReason, _ explanation: String?) -> Void
    private var isEstablished = false
    private var isCounted = false

    init(_ watch: HandshakeWatch, _ refused: @escaping (RefusalReason, _ explanation: String?) -> Void) {
        self.watch = watch
        self.refused = refused
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            isEstablished = true
            context.pipeline.syncOperations.removeHandler(watch, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is NIOSSLError || error is BoringSSLError || error is NIOSSLCloseTimedOutError else {
            return context.fireErrorCaught(error)
        }
        // Many clients end the connection without ending TLS first. Lengths tell whether a message is whole.
        guard !isCounted, watch.hasHeard, !watch.isPlainText, error as? NIOSSLError != .uncleanShutdown,
            !(error is NIOSSLCloseTimedOutError)
        else { return }
        isCounted = true
        if isEstablished {
            refused(.protocolError, "TLS failed after the handshake: \(error)")
        } else {
            refused(watch.isCertificateRefused ? .certificateRefused : Self.reason("\(error)"), nil)
        }
    }

    /// BoringSSL tells its errors apart by name only.
    static func reason(_ error: String) -> RefusalReason {
        func has(_ names: String...) -> Bool { names.contains { error.contains($0) } }
        if has("PEER_DID_NOT_RETURN_A_CERTIFICATE") { return .missingCertificate }
        if has("ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE", "ALERT_UNSUPPORTED_CERTIFICATE") {
            return .certificateRefused
        }
        return has("CERTIFICATE_VERIFY_FAILED") ? .wrongCertificate : .tlsHandshake
    }
}
