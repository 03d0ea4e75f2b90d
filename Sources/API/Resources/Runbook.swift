import HTTPTypes
import Hummingbird
import NIOCore
import Runbooks

extension Resource {
    /// What an alert means and what to do about it. As plain text: browsers show it, and download Markdown.
    static let runbook = Resource(path: "/runbooks/:name", parameters: [.runbookName]) { exchange in
        guard let page = exchange.query[.runbookName].flatMap({ Runbooks.page(of: $0) }) else {
            return QueryReply.text(
                "only built-in alerts have a runbook; their names are in /api/v1/rules\n", status: .notFound)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: page)))
    }
}

extension QueryParameter {
    fileprivate static let runbookName = QueryParameter("name", "a built-in alert") { _ in true }
}
