import NIOCore
import Receivers

/// Counts what a server refuses, by its transport.
struct Refusals: Sendable {
    private let service: any TraceService
    private let transport: Transport

    init(_ listener: Listener) {
        service = listener.service
        transport = listener.transport
    }

    func count(_ reason: RefusalReason, peer: SocketAddress?) {
        service.refused(transport: transport, reason: reason, peer: peer)
    }
}
