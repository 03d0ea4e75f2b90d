import Support
import HTTPTypes
import Hummingbird
import Rules

extension Resource {
    /// A resource that answers in JSON, computed on the threads for queries. Identical questions share one answer.
    ///
    /// - Parameters:
    ///   - parameters: all that it takes, and that change its answer.
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
            path: path, parameters: parameters, check: check, summary: summary, answer: schema
        ) { exchange in
            let (surface, query) = (exchange.surface, exchange.query)
            let json: ResponseBody?
            do {
                json = try await exchange.computed(isFinal: query.isFinal) { try answer(surface, query) }
            } catch is QueryDeadline.PassedError {
                return exchange.tooSlow()
            } catch is QueryDeadline.BusyError {
                return exchange.tooMany()
            } catch let absent as AbsentTraceError {
                return exchange.problem(absent.message, status: .notFound)
            }
            guard let json else { return exchange.problem(absent, status: .notFound) }
            return Response(status: .ok, headers: [.contentType: jsonType], body: json)
        }
    }
}

extension QueryExchange {
    /// Computes an answer on the threads for queries. Identical questions share it.
    ///
    /// - Returns: nil if `answer` returns nil.
    /// - Throws: `QueryDeadline.PassedError`, `QueryDeadline.BusyError` if too many other answers are being computed
    ///   or read, and what `answer` throws.
    func computed(
        isFinal: Bool = false, _ answer: @escaping @Sendable () throws -> String?
    ) async throws -> ResponseBody? {
        let queries = server.pools.queries
        let end = ContinuousClock.now + QueryDeadline.usual
        let shared = server.pools.answers.answer("\(request.uri)", isFinal: isFinal) {
            try await queries.run {
                // Nobody waits for it any more.
                guard ContinuousClock.now < end else { throw QueryDeadline.PassedError() }
                return try answer()
            }
        }
        guard let shared else { throw QueryDeadline.BusyError() }
        let text = try await QueryDeadline.value(of: shared.text, within: QueryDeadline.usual)
        return text.map { queries.body(in: shared.permit, $0) }
    }
}
