import NIOCore
import OTLP
import Synchronization

@testable import Receivers

/// Accepts every export and records refusals.
final class SilentService: TraceService {
    private let reasons = Mutex<[RefusalReason]>([])

    var refused: [RefusalReason] { reasons.withLock { $0 } }

    func export(_ body: RawSpan, encoding: OTLPEncoding) -> Export { Export(.accepted) }

    func refused(transport: Transport, reason: RefusalReason, peer: SocketAddress?, explanation: String?) {
        reasons.withLock { $0.append(reason) }
    }
}
