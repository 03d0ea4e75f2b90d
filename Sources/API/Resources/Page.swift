import HTTPTypes
import Hummingbird
import NIOCore
import Page
import Scrape

extension Resource {
    /// The page for people.
    static let page = Resource(path: "/") { exchange in PageReply.answer(PageAssets.page, to: exchange.request) }

    /// What the page consists of.
    static let assets = Resource(path: "/assets/:name", parameters: [.assetName]) { exchange in
        guard let asset = exchange.query[.assetName].flatMap({ PageAssets.named($0) }) else {
            return QueryReply.text("the page has no such file\n", status: .notFound)
        }
        return PageReply.answer(asset, to: exchange.request)
    }
}

extension QueryParameter {
    fileprivate static let assetName = QueryParameter("name", "a file of the page") { _ in true }
}

/// How files of the page are sent: compressed, and again only once they have changed.
private enum PageReply {
    /// The page runs only its own scripts and styles, connects only to its own origin, and can't be framed by another
    /// site. With Trusted Types no script can turn text from spans into markup.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    /// Compressed once, when the first browser asks.
    private static let compressed = Dictionary(
        uniqueKeysWithValues: PageAssets.all.map { ($0.name, gzip($0.content)) })

    private static func gzip(_ content: [UInt8]) -> [UInt8] {
        var compressed: [UInt8] = []
        _ = GzipWriter().write(content, isLast: true) { part in
            compressed += part
            return true
        }
        return compressed
    }

    static func answer(_ asset: Asset, to request: Request) -> Response {
        let isGzip = Resource.takesGzip(request.headers[.acceptEncoding])
        let tag = isGzip ? "\"g-" + asset.entityTag.dropFirst() : asset.entityTag
        var headers: HTTPFields = [
            .contentType: asset.contentType, .eTag: tag, .vary: "Accept-Encoding",
            // Cached, but revalidated each time, so that after an upgrade all files are of one release.
            .cacheControl: "no-cache", .contentSecurityPolicy: policy, .xContentTypeOptions: "nosniff",
        ]
        if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
        guard request.headers[.ifNoneMatch] != tag else { return Response(status: .notModified, headers: headers) }
        if isGzip { headers[.contentEncoding] = "gzip" }
        let content = isGzip ? compressed[asset.name] ?? [] : asset.content
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: content)))
    }
}
