import HTTPTypes
import Hummingbird

extension Resource {
    /// Server-sent events: a status every two seconds; alerts and incidents as they change.
    static let events = Resource(
        path: "/api/v1/events", parameters: [.cluster],
        summary: "server-sent events: a status every two seconds; alerts and incidents as they change",
        answer: .text, contentType: "text/event-stream"
    ) { exchange in
        let cluster = exchange.query[.cluster]
        guard let listener = exchange.server.pools.events.listen(exchange.peer, to: cluster) else {
            return exchange.tooMany()
        }
        let first = try await exchange.server.pools.queries.run { [surface = exchange.surface] in
            try EventTicker.status(surface, of: cluster)
        }
        let body = ResponseBody { writer in
            try await writer.write(first)
            for await event in listener.events { try await writer.write(event) }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
    }
}
