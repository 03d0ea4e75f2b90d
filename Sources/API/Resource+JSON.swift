import Support
import HTTPTypes
import Hummingbird
import Rules

extension Resource {
    /// A resource that answers in JSON, computed on the threads for queries. Identical questions share one answer.
    ///
    /// - Parameters:
    ///   - parameters: besides those that all resources take.
    ///   - check: checks parameters that depend on each other.
    ///   - absent: the reply if the answer is nil.
    ///   - answer: computes no more than it returns.
    static func json<Answer: Encodable & SendableMetatype>(
        _ path: String, parameters: [QueryParameter] = [], absent: String = "not found",
        check: (@Sendable (_ query: Query) throws(QueryError) -> Void)? = nil,
        answer: @escaping @Sendable (_ surface: QueryServer.Surface, _ query: Query) throws -> Answer?
    ) -> Resource {
        Resource(path: path, parameters: QueryParameter.common + parameters, check: check) { exchange in
            let (surface, query, pools) = (exchange.surface, exchange.query, exchange.server.pools)
            guard let permit = pools.queries.permit() else { return exchange.tooMany() }
            let json = try await pools.answers.answer("\(exchange.request.uri)") {
                try await pools.queries.run { try answer(surface, query).map { try JSONText.encode($0) } }
            }
            guard let json else { return QueryReply.text("\(absent)\n", status: .notFound) }
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: pools.queries.body(in: permit, json))
        }
    }
}
