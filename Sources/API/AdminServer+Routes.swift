import HTTPTypes
import Hummingbird
import Receivers
import Scrape

/// Where answers are made that take time.
package struct AnswerPools: Sendable {
    /// Of the API. Two threads, for a query uses memory bandwidth more than anything; others wait for them.
    let queries = AnswerPool(threads: 2, atOnce: 8)
    /// Each has a thread, which waits for its client.
    let scrapes = AnswerPool(threads: 4, atOnce: 4)
    /// Of the rules: one after the other.
    let reloads = AnswerPool(threads: 1, atOnce: 4)

    package init() {}

    package func stop() async {
        await queries.stop()
        await scrapes.stop()
        await reloads.stop()
    }
}

extension AdminServer {
    func addHealth(to router: Router<AdminContext>) {
        router.get("/-/healthy") { _, _ in AdminReply.text("healthy\n") }
        router.get("/-/ready") { _, _ in
            surface.isReady()
                ? AdminReply.text("ready\n") : AdminReply.text("not ready\n", status: .serviceUnavailable)
        }
        router.post("/-/reload") { _, context in
            guard let reload = surface.reload else {
                return AdminReply.text(
                    "not enabled: the configuration doesn't say enable_lifecycle: true\n", status: .forbidden)
            }
            guard let place = pools.reloads.place() else { return tooMany(context) }
            let problems = try await pools.reloads.run { reload() }
            extendLifetime(place)
            guard let problems else { return AdminReply.text("rules reloaded\n") }
            return AdminReply.text(
                "rules not reloaded, the old ones stay:\n\(problems)\n", status: .internalServerError)
        }
    }

    func metrics(_ request: Request, _ context: AdminContext) -> Response {
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

    /// Whether a client names gzip without refusing it.
    private static func takesGzip(_ accepted: String?) -> Bool {
        (accepted ?? "").split(separator: ",").contains { part in
            let fields = part.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            return fields.first == "gzip" && !fields.contains { $0.hasPrefix("q=0") && Double($0.dropFirst(2)) == 0 }
        }
    }

    func answer(_ resource: Resource, _ request: Request, _ context: AdminContext) async throws -> Response {
        do {
            let query = try QueryParameters(
                request, id: context.parameters.get("id"), known: resource.parameters)
            guard let place = pools.queries.place() else { return tooMany(context) }
            let pipeline = surface.pipeline
            guard let json = try await pools.queries.run({ try resource.answer(pipeline, query) }) else {
                return AdminReply.text("no span of this trace is held\n", status: .notFound)
            }
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: pools.queries.body(in: place, json))
        } catch let fault as QueryParameters.ParameterError {
            return AdminReply.text(fault.message + "\n", status: .badRequest)
        }
    }

    private func tooMany(_ context: AdminContext) -> Response {
        service.refused(transport: .admin, reason: .queries, peer: context.channel.remoteAddress)
        return AdminReply.tooMany
    }
}
