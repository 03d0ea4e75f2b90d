import HTTPTypes
import Hummingbird
import NIOCore
import Receivers
import Scrape

extension QueryServer {
    func addHealth(to router: Router<QueryContext>) {
        router.get("/-/healthy") { _, _ in QueryReply.text("healthy\n") }
        router.get("/-/ready") { _, _ in
            surface.isReady()
                ? QueryReply.text("ready\n") : QueryReply.text("not ready\n", status: .serviceUnavailable)
        }
        router.post("/-/reload") { _, context in
            guard let reload = surface.reload else {
                return QueryReply.text(
                    "not enabled: the configuration doesn't say enable_lifecycle: true\n", status: .forbidden)
            }
            guard let place = pools.reloads.place() else { return tooMany(context) }
            let problems = try await pools.reloads.run { reload() }
            extendLifetime(place)
            guard let problems else { return QueryReply.text("rules reloaded\n") }
            return QueryReply.text(
                "rules not reloaded; the old ones stay in force:\n\(problems)\n", status: .internalServerError)
        }
    }

    func metrics(_ request: Request, _ context: QueryContext) -> Response {
        guard let place = pools.scrapes.place() else { return tooMany(context) }
        let format = Exposition.Format(accept: request.headers[.accept])
        let isGzip = Self.takesGzip(request.headers[.acceptEncoding])
        var headers: HTTPFields = [.contentType: format.contentType, .vary: "Accept-Encoding"]
        if isGzip { headers[.contentEncoding] = "gzip" }
        return Response(
            status: .ok, headers: headers,
            body: pools.scrapes.body(in: place) { [scrape = surface.scrape] send in
                guard isGzip else { return scrape(format, send) }
                let gzip = GzipWriter()
                scrape(format) { gzip.write($0, send) }
                _ = gzip.write([], isLast: true, send)
            })
    }

    /// Whether a client accepts gzip, without `q=0`.
    private static func takesGzip(_ accepted: String?) -> Bool {
        (accepted ?? "").split(separator: ",").contains { part in
            let fields = part.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            return fields.first == "gzip" && !fields.contains { $0.hasPrefix("q=0") && Double($0.dropFirst(2)) == 0 }
        }
    }

    func answer(_ resource: Resource, _ request: Request, _ context: QueryContext) async throws -> Response {
        do {
            let query = try QueryParameters(
                request, id: context.parameters.get("id"), known: resource.parameters)
            guard let place = pools.queries.place() else { return tooMany(context) }
            let pipeline = surface.pipeline
            let json = try await pools.answers.answer("\(request.uri)") { [queries = pools.queries] in
                try await queries.run { try resource.answer(pipeline, query) }
            }
            guard let json else {
                return QueryReply.text("no span of this trace is held\n", status: .notFound)
            }
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: pools.queries.body(in: place, json))
        } catch let fault as QueryParameters.ParameterError {
            return QueryReply.text(fault.message + "\n", status: .badRequest)
        }
    }

    private func tooMany(_ context: QueryContext) -> Response {
        service.refused(transport: .query, reason: .queries, peer: context.channel.remoteAddress)
        return QueryReply.tooMany
    }
}

/// Short answers that are ready at once.
enum QueryReply {
    static let plain = "text/plain; charset=utf-8"

    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: plain], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// The reply when all places for this kind of answer are taken.
    static var tooMany: Response {
        var response = text("too many requests at once; retry in 1 s\n", status: .tooManyRequests)
        response.headers[.retryAfter] = "1"
        return response
    }
}

/// Answers requests without a route: lists the known paths, or the methods that a known path accepts.
struct UnknownRequest: RouterMiddleware {
    let service: any TraceService

    func handle(
        _ request: Request, context: QueryContext, next: (Request, QueryContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return answer(request, context.channel)
        }
    }

    private static let reads =
        ["/-/healthy", "/-/ready", "/metrics"] + Resource.all.map(\.route).filter { !$0.contains(":") }

    private func answer(_ request: Request, _ channel: any Channel) -> Response {
        let path = request.uri.path
        if Self.reads.contains(path) || Resource.all.contains(where: { $0.matches(path) }) {
            return wrongMethod("GET, HEAD", channel)
        }
        if path == "/-/reload" { return wrongMethod("POST", channel) }
        service.refused(transport: .query, reason: .unknownPath, peer: channel.remoteAddress)
        let known = Self.reads.joined(separator: ", ")
        return QueryReply.text(
            "no such path; known paths are \(known), /api/v1/traces/ID and /-/reload\n", status: .notFound)
    }

    private func wrongMethod(_ allowed: String, _ channel: any Channel) -> Response {
        service.refused(transport: .query, reason: .wrongMethod, peer: channel.remoteAddress)
        var response = QueryReply.text("this path takes \(allowed)\n", status: .methodNotAllowed)
        response.headers[.allow] = allowed
        return response
    }
}
