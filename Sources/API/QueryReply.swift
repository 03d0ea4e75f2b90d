import HTTPTypes
import Hummingbird
import NIOCore

/// Short answers that are ready at once.
enum QueryReply {
    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
