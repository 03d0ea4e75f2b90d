internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
import OTLP

/// Answers OTLP/HTTP's only request, on the event loop of its connection (see `LoopExecutor`).
struct HTTPExport: Sendable {
    let limits: ReceiverLimits
    let admission: Admission
    let access: ListenerAccess
    let service: any TraceService

    func respond(to request: Request, from channel: any Channel) async -> Response {
        do {
            let head = try check(request.head)
            return try await export(request, head, from: channel)
        } catch let refusal as HTTPExportError {
            service.refused(
                transport: .http, reason: refusal.reason, peer: channel.remoteAddress,
                explanation: refusal.rpc.explanation)
            var response = HTTPReply.status(refusal.rpc, refusal.status, refusal.encoding)
            if refusal.leavesBody { response.headers[.connection] = "close" }
            return response
        } catch {
            // The body was cut off or malformed; `HTTPConversation` has counted that.
            return Response(status: .badRequest, headers: [.connection: "close"])
        }
    }

    func check(_ request: HTTPRequest) throws(HTTPExportError) -> HTTPExportHead {
        if let reason = access.refusal(request.headerFields[.authorization]) {
            throw HTTPExportError(
                .unauthorized, RPCStatus(.unauthenticated, reason.hintForToken), reason, HTTPExportHead.answer(request))
        }
        return try HTTPExportHead(request, limits: limits)
    }

    private func export(
        _ request: Request, _ head: HTTPExportHead, from channel: any Channel
    ) async throws -> Response {
        var reservation = Reservation(admission)
        let body = try await collect(request.body, head, &reservation)
        let reader = BodyReader(service: service, transport: .http, limits: limits, peer: channel.remoteAddress)
        let result =
            if let small = reader.takeIfSmall(body, isGzip: head.isGzip, encoding: head.encoding) {
                small
            } else {
                await DecodePool.run { reader.take(body, isGzip: head.isGzip, encoding: head.encoding) }
            }
        switch result {
        case .exported(let export):
            let isOnDisk = await export.durability?.isOnDisk ?? true
            if !isOnDisk { service.refused(transport: .http, reason: .archiveWrite, peer: channel.remoteAddress) }
            return HTTPReply.outcome(isOnDisk ? export.outcome : Export.notOnDisk, head.encoding)
        case .tooLarge:
            throw HTTPExportError(
                .contentTooLarge, .tooLarge(limit: limits.bodyBytes), .tooLarge, head.encoding,
                leavesBody: false)
        case .badRatio:
            throw HTTPExportError(
                .contentTooLarge, .badRatio(limit: limits.compressionRatio), .compressionRatio, head.encoding,
                leavesBody: false)
        case .badGzip:
            let status = RPCStatus(.invalidArgument, "the body is not valid gzip")
            throw HTTPExportError(.badRequest, status, .badGzip, head.encoding, leavesBody: false)
        }
    }

    private func collect(
        _ parts: RequestBody, _ head: HTTPExportHead, _ reservation: inout Reservation
    ) async throws -> ByteBuffer {
        var body = ByteBuffer()
        for try await part in parts {
            guard body.readableBytes + part.readableBytes <= limits.wireBytes else {
                throw HTTPExportError(
                    .contentTooLarge, .tooLarge(limit: limits.wireBytes), .tooLarge, head.encoding)
            }
            if let refusal = reservation.grow(by: part.readableBytes) {
                throw HTTPExportError(
                    .serviceUnavailable, .busy(retryAfterSeconds: limits.retrySeconds), refusal, head.encoding)
            }
            // A body that comes in one piece is decoded in the receive buffer.
            if part.readableBytes == head.contentLength { return part }
            if body.readableBytes == 0 {
                body.reserveCapacity(min(head.contentLength ?? 0, Self.eagerCapacity))
            }
            var part = part
            body.writeBuffer(&part)
        }
        // Hummingbird treats the end of the connection as the end of the body.
        if let announced = head.contentLength, announced != body.readableBytes {
            let status = RPCStatus(.invalidArgument, "the body is shorter than its Content-Length")
            throw HTTPExportError(.badRequest, status, .badFraming, head.encoding)
        }
        return body
    }

    /// Upper bound of the initial allocation for a body in parts, so that a false length costs little.
    private static let eagerCapacity = 1 << 20
}

/// Why a request is not accepted, and the reply that says so.
struct HTTPExportError: Error, Equatable {
    var status: HTTPResponse.Status
    var rpc: RPCStatus
    var reason: RefusalReason
    /// Encoding of the reply.
    var encoding: OTLPEncoding
    /// Whether some of the body is still to come.
    var leavesBody: Bool

    init(
        _ status: HTTPResponse.Status, _ rpc: RPCStatus, _ reason: RefusalReason,
        _ encoding: OTLPEncoding, leavesBody: Bool = true
    ) {
        self.status = status
        self.rpc = rpc
        self.reason = reason
        self.encoding = encoding
        self.leavesBody = leavesBody
    }
}
