internal import NIOCore
import OTLP

/// The last step of both receivers: inflates a complete body if necessary and passes it to the service.
struct BodyReader: Sendable {
    enum Result {
        case exported(Export)
        case tooLarge
        case badGzip
        case badRatio
    }

    let service: any TraceService
    let transport: Transport
    let limits: ReceiverLimits
    let peer: SocketAddress?

    init(service: any TraceService, transport: Transport, limits: ReceiverLimits, peer: SocketAddress?) {
        self.service = service
        self.transport = transport
        self.limits = limits
        self.peer = peer
    }

    /// Whether to process a body on `DecodePool`.
    func isLarge(_ body: ByteBuffer, isGzip: Bool) -> Bool {
        guard isGzip else { return body.readableBytes > limits.inlineBytes }
        return body.readableBytes > limits.inlineCompressedBytes
            || Inflate.announcedSize(body.readableBytesSpan) > limits.inlineBytes
    }

    func take(_ body: ByteBuffer, isGzip: Bool, encoding: OTLPEncoding) -> Result {
        guard isGzip else {
            guard body.readableBytes <= limits.bodyBytes else { return .tooLarge }
            return .exported(export(body.readableBytesSpan, encoding))
        }
        guard body.readableBytes <= limits.compressedBytes else { return .tooLarge }
        do {
            return .exported(
                try Inflate.gzip(
                    body.readableBytesSpan, limit: limits.bodyBytes, ratio: limits.compressionRatio
                ) { inflated in
                    export(inflated, encoding)
                })
        } catch {
            switch error {
            case .tooLarge: return .tooLarge
            case .badRatio: return .badRatio
            case .badGzip: return .badGzip
            case .noMemory: return .exported(Export(.unavailable(retryAfterSeconds: limits.retrySeconds)))
            }
        }
    }

    private func export(_ body: RawSpan, _ encoding: OTLPEncoding) -> Export {
        let export = service.export(body, encoding: encoding)
        switch export.outcome {
        case .malformed: service.refused(transport: transport, reason: .malformed, peer: peer)
        case .unavailable: service.refused(transport: transport, reason: export.refusal, peer: peer)
        case .accepted, .partial: break
        }
        return export
    }
}
