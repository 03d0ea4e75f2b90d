import Support
import HTTPTypes
import Hummingbird
import Rules

extension Resource {
    /// A resource that answers in JSON, computed on the threads for queries. Identical questions share one answer.
    ///
    /// - Parameters:
    ///   - parameters: besides those that all resources take.
    ///   - summary: one line for the description of the API.
    ///   - schema: what an answer looks like.
    ///   - check: checks parameters that depend on each other.
    ///   - absent: the reply if the answer is nil.
    ///   - answer: computes no more than it returns.
    static func json<Answer: Encodable & SendableMetatype>(
        _ path: String, parameters: [QueryParameter] = [], summary: String = "", schema: Schema = .any,
        absent: String = "not found",
        check: (@Sendable (_ query: Query) throws(QueryError) -> Void)? = nil,
        answer: @escaping @Sendable (_ surface: QueryServer.Surface, _ query: Query) throws -> Answer?
    ) -> Resource {
        text(
            path, parameters: parameters, summary: summary, schema: schema, absent: absent, check: check
        ) { surface, query in
            try answer(surface, query).map { try JSONText.encode($0) }
        }
    }

    /// The same for an answer that is JSON text already.
    static func text(
        _ path: String, parameters: [QueryParameter] = [], summary: String = "", schema: Schema = .any,
        absent: String = "not found",
        check: (@Sendable (_ query: Query) throws(QueryError) -> Void)? = nil,
        answer: @escaping @Sendable (_ surface: QueryServer.Surface, _ query: Query) throws -> String?
    ) -> Resource {
        Resource(
            path: path, parameters: QueryParameter.common + parameters, check: check, summary: summary, answer: schema
        ) { exchange in
            let (surface, query, pools) = (exchange.surface, exchange.query, exchange.server.pools)
            guard let permit = pools.queries.permit() else { return exchange.tooMany() }
            let json: String?
            do {
                json = try await exchange.computed(permit, isFinal: query.range.isFinal) {
                    try answer(surface, query)
                }
            } catch is QueryDeadline.PassedError {
                return exchange.tooSlow()
            } catch is QueryDeadline.BusyError {
                return exchange.tooMany()
            } catch let absent as AbsentTraceError {
                return exchange.problem(absent.message, status: .notFound)
            }
            guard let json else { return exchange.problem(absent, status: .notFound) }
            return Response(
                status: .ok, headers: [.contentType: jsonType], body: pools.queries.body(in: permit, json))
        }
    }
}

extension QueryExchange {
    /// Computes an answer on the threads for queries. Identical questions share it.
    ///
    /// - Throws: `QueryDeadline.PassedError`, and what `answer` throws.
    func computed(
        _ permit: AnswerPool.Permit, isFinal: Bool = false, _ answer: @escaping @Sendable () throws -> String?
    ) async throws -> String? {
        let queries = server.pools.queries
        let end = ContinuousClock.now + QueryDeadline.usual
        let task = server.pools.answers.answer("\(request.uri)", isFinal: isFinal) {
            try await queries.run {
                extendLifetime(permit)
                // Nobody waits for it any more.
                guard ContinuousClock.now < end else { throw QueryDeadline.PassedError() }
                return try answer()
            }
        }
        return try await QueryDeadline.value(of: task, within: QueryDeadline.usual)
    }
}
