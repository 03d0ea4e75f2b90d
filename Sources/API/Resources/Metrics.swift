import HTTPTypes
import Hummingbird
import Scrape

extension Resource {
    /// The scrape, in the format and encoding that its client accepts.
    static let metrics = Resource(path: "/metrics") { exchange in
        let (accepted, scrapes) = (exchange.request.headers, exchange.server.pools.scrapes)
        guard let permit = scrapes.permit() else { return exchange.tooMany() }
        let format = ExpositionFormat(accept: accepted[.accept])
        let isGzip = takesGzip(accepted[.acceptEncoding])
        var headers: HTTPFields = [.contentType: format.contentType, .vary: "Accept, Accept-Encoding"]
        if isGzip { headers[.contentEncoding] = "gzip" }
        return Response(
            status: .ok, headers: headers,
            body: scrapes.body(in: permit) { [scrape = exchange.surface.scrape] send in
                guard isGzip else { return scrape(format, send) }
                let gzip = GzipWriter()
                scrape(format) { gzip.write($0, send) }
                _ = gzip.write([], isLast: true, send)
            })
    }

    /// Whether a client accepts gzip, without `q=0`.
    static func takesGzip(_ accepted: String?) -> Bool {
        (accepted ?? "").split(separator: ",").contains { part in
            let fields = part.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            return fields.first == "gzip" && !fields.contains { $0.hasPrefix("q=0") && Double($0.dropFirst(2)) == 0 }
        }
    }
}
