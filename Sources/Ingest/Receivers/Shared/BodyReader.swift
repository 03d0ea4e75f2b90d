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

    /// Processes a body unless that would hold up an event loop for too long; nil if it is one for `DecodePool`.
    func takeIfSmall(_ body: ByteBuffer, isGzip: Bool, encoding: OTLPEncoding) -> Result? {
        guard isGzip else {
            return body.readableBytes <= limits.inlineBytes ? take(body, isGzip: false, encoding: encoding) : nil
        }
        guard
            body.readableBytes <= limits.inlineCompressedBytes,
            Inflate.announcedSize(body.readableBytesSpan) <= limits.inlineBytes
        else { return nil }
        // The announced size may be false.
        let limit = min(limits.inlineBytes, limits.bodyBytes)
        let result = inflate(body, limit: limit, encoding)
        if case .tooLarge = result, limit < limits.bodyBytes { return nil }
        return result
    }

    func take(_ body: ByteBuffer, isGzip: Bool, encoding: OTLPEncoding) -> Result {
        guard isGzip else {
            guard body.readableBytes <= limits.bodyBytes else { return .tooLarge }
            return .exported(export(body.readableBytesSpan, encoding))
        }
        guard body.readableBytes <= limits.compressedBytes else { return .tooLarge }
        return inflate(body, limit: limits.bodyBytes, encoding)
    }

    /// - Parameter limit: of the decompressed size, bytes.
    private func inflate(_ body: ByteBuffer, limit: Int, _ encoding: OTLPEncoding) -> Result {
        do {
            return .exported(
                try Inflate.gzip(body.readableBytesSpan, limit: limit, ratio: limits.compressionRatio) { inflated in
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
        case .malformed(let message):
            service.refused(transport: transport, reason: .malformed, peer: peer, explanation: message)
        case .unavailable: service.refused(transport: transport, reason: export.refusal, peer: peer)
        case .accepted, .partial: break
        }
        return export
    }
}
