import HTTPTypes
import Hummingbird
import NIOCore
import Runbooks

extension Resource {
    /// What an alert means and what to do about it.
    static let runbook = Resource(path: "/runbooks/:name", parameters: [.runbookName]) { exchange in
        guard let page = exchange.query[.runbookName].flatMap({ Runbooks.html(of: $0) }) else {
            return QueryReply.text(
                "only built-in alerts have a runbook; their names are in /api/v1/rules\n", status: .notFound)
        }
        let headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache", .contentSecurityPolicy: policy,
            .xContentTypeOptions: "nosniff",
        ]
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
    }

    /// Text with the styles of the page, and nothing else.
    private static let policy = [
        "default-src 'none'", "style-src 'self'", "img-src 'self'", "base-uri 'none'", "form-action 'none'",
        "frame-ancestors 'none'",
    ].joined(separator: "; ")
}

extension QueryParameter {
    fileprivate static let runbookName = QueryParameter("name", "a built-in alert") { _ in true }
}
