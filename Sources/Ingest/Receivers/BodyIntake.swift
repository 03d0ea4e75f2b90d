internal import NIOCore

/// The last step that both receivers share: inflate a complete body if it is compressed, and bring it to the service.
struct BodyIntake: Sendable {
    enum Result {
        case exported(Export)
        case tooLarge
        case badGzip
    }

    let service: any TraceService
    let transport: Transport
    /// Decompressed, bytes
    let limit: Int
    let retrySeconds: Int

    init(service: any TraceService, transport: Transport, limits: ReceiverLimits) {
        self.service = service
        self.transport = transport
        limit = limits.bodyBytes
        retrySeconds = limits.retrySeconds
    }

    func take(_ body: ByteBuffer, isGzip: Bool, encoding: OTLPEncoding) -> Result {
        guard isGzip else {
            guard body.readableBytes <= limit else { return .tooLarge }
            return .exported(export(body.readableBytesSpan, encoding))
        }
        do {
            return .exported(
                try Inflate.gzip(body.readableBytesSpan, limit: limit) { inflated in
                    export(inflated, encoding)
                })
        } catch {
            switch error {
            case .tooLarge: return .tooLarge
            case .badGzip: return .badGzip
            case .noMemory: return .exported(Export(.unavailable(retryAfterSeconds: retrySeconds)))
            }
        }
    }

    private func export(_ body: RawSpan, _ encoding: OTLPEncoding) -> Export {
        let export = service.export(body, encoding: encoding)
        switch export.outcome {
        case .malformed: service.refused(transport: transport, reason: .malformed)
        case .unavailable: service.refused(transport: transport, reason: export.refusal)
        case .accepted, .partial: break
        }
        return export
    }
}
