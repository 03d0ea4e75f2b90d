internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
import OTLP

/// Replies of OTLP/HTTP: always in the encoding of the request, errors included.
enum HTTPReply {
    static func outcome(_ outcome: ExportOutcome, _ encoding: OTLPEncoding) -> Response {
        switch outcome {
        case .accepted:
            return response(.ok, ExportReply.accepted(encoding), encoding)
        case .partial(let rejected, let message):
            let body = ExportReply.partial(rejectedSpans: rejected, message: message, encoding: encoding)
            return response(.ok, body, encoding)
        case .malformed(let message):
            return status(RPCStatus(.invalidArgument, message), .badRequest, encoding)
        case .unavailable(let seconds):
            return status(.busy(retryAfterSeconds: seconds), .serviceUnavailable, encoding)
        }
    }

    static func status(
        _ rpc: RPCStatus, _ status: HTTPResponse.Status, _ encoding: OTLPEncoding
    ) -> Response {
        var response = response(status, rpc.body(encoding), encoding)
        if let seconds = rpc.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
        if status == .methodNotAllowed { response.headers[.allow] = "POST" }
        return response
    }

    private static func response(
        _ status: HTTPResponse.Status, _ body: [UInt8], _ encoding: OTLPEncoding
    ) -> Response {
        let type =
            switch encoding {
            case .protobuf: "application/x-protobuf"
            case .json: "application/json"
            }
        return Response(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
