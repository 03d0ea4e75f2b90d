internal import NIOCore

/// The last step that both receivers share: inflate a complete body if it is compressed, and bring it to the service.
struct BodyIntake: Sendable {
    enum Result {
        case exported(ExportOutcome)
        case tooLarge
        case badGzip
    }

    let service: any TraceService
    /// Decompressed, bytes
    let limit: Int
    let retrySeconds: Int

    init(service: any TraceService, limits: ReceiverLimits) {
        self.service = service
        limit = limits.bodyBytes
        retrySeconds = limits.retrySeconds
    }

    func take(_ body: ByteBuffer, isGzip: Bool, encoding: OTLPEncoding) -> Result {
        guard isGzip else {
            guard body.readableBytes <= limit else { return .tooLarge }
            return .exported(service.export(body.readableBytesSpan, encoding: encoding))
        }
        do {
            return .exported(
                try Inflate.gzip(body.readableBytesSpan, limit: limit) { inflated in
                    service.export(inflated, encoding: encoding)
                })
        } catch {
            switch error {
            case .tooLarge: return .tooLarge
            case .badGzip: return .badGzip
            case .noMemory: return .exported(.unavailable(retryAfterSeconds: retrySeconds))
            }
        }
    }
}
