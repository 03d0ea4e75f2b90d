import HTTPTypes
import Hummingbird
import NIOCore

/// Answers of the scrape and API address that are ready at once.
enum AdminReply {
    static let plain = "text/plain; charset=utf-8"

    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: plain], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// There are as many answers of this kind under way as there may be.
    static var tooMany: Response {
        var response = text("too many requests at once; retry in 1 s\n", status: .tooManyRequests)
        response.headers[.retryAfter] = "1"
        return response
    }
}
