import Foundation
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
import OTLP
internal import Synchronization

/// Replies of OTLP/HTTP, errors included, in the encoding of the request.
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
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
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

/// The current time for the `Date` field (RFC 9110, section 5.6.7), formatted once a second.
final class HTTPDate: Sendable {
    private let last = Mutex((second: 0, text: ""))

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        ("Jan", 31), ("Feb", 28), ("Mar", 31), ("Apr", 30), ("May", 31), ("Jun", 30), ("Jul", 31), ("Aug", 31),
        ("Sep", 30), ("Oct", 31), ("Nov", 30), ("Dec", 31),
    ]

    var now: String {
        let second = time(nil)
        return last.withLock { last in
            if last.second != second { last = (second, Self.text(max(second, 0))) }
            return last.text
        }
    }

    /// - Parameter second: Unix time, not negative.
    static func text(_ second: Int) -> String {
        let (days, inDay) = second.quotientAndRemainder(dividingBy: 86_400)
        var year = 1970
        var rest = days
        while rest >= length(year) {
            rest -= length(year)
            year += 1
        }
        var name = ""
        for (month, plain) in months {
            let length = month == "Feb" ? plain + length(year) - 365 : plain
            name = month
            guard rest >= length else { break }
            rest -= length
        }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(Self.days[days % 7]), \(two(rest + 1)) \(name) \(year) "
            + "\(two(inDay / 3_600)):\(two(inDay / 60 % 60)):\(two(inDay % 60)) GMT"
    }

    private static func length(_ year: Int) -> Int {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365
    }
}
