internal import NIOCore
internal import NIOPosix
import OTLP

/// The last step that both receivers share: inflate a complete body if it is compressed, and bring it to the service.
struct BodyIntake: Sendable {
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

    /// Whether a body is to be taken by `DecodePool`.
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

/// Threads that large bodies are inflated and decoded on, so that the event loops answer others meanwhile.
///
/// What waits for them is bounded by admission, and by each connection having one body here at a time.
enum DecodePool {
    /// Two, so that one body doesn't keep the others waiting; four use as much memory bandwidth as there mostly is.
    private static let threadsMax = 4

    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: max(2, min(System.coreCount, threadsMax)))
        pool.start()
        return pool
    }()

    /// Calls `done` with the result from one of the threads.
    static func run<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result, done: @escaping @Sendable (Result) -> Void
    ) {
        // It is never shut down, so there is no state but the active one.
        threads.submit { _ in done(work()) }
    }

    static func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in run(work) { continuation.resume(returning: $0) } }
    }
}
