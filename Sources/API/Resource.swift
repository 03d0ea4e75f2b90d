import HTTPTypes
import Hummingbird
import NIOCore
import Receivers
import Support

/// A path of the query server: the method and parameters that it takes, and how it answers.
///
/// Routes, the check of parameters, and the replies for unknown paths all follow from `all`.
struct Resource: Sendable {
    typealias Respond = @Sendable (_ exchange: QueryExchange) async throws -> Response

    /// A component that begins with a colon matches anything: it is the parameter of that name.
    let path: String
    /// GET includes HEAD.
    var method = HTTPRequest.Method.get
    /// Others are refused. nil: the query string is ignored.
    var parameters: [QueryParameter]?
    /// Checks parameters that depend on each other.
    var check: (@Sendable (_ query: Query) throws(QueryError) -> Void)?
    /// One line for the description of the API.
    var summary = ""
    /// What an answer looks like, and its type.
    var answer = Schema.any
    var contentType = jsonType
    /// Runs on the server's event loop, so it may not take long. `json` computes elsewhere.
    let respond: Respond

    static let jsonType = "application/json"

    /// In the order in which the reply to an unknown path lists them.
    static let all =
        [
            healthy, ready, metrics, alerts, components, culprit, events, incidents, latency, openapi, operations,
            requests, rules, sources, status, traces, trace, page, assets, runbook, reload,
        ] + jaeger

    /// What an address only for Jaeger's clients answers.
    static let jaegerOnly = [healthy, ready, jaegerRoot] + jaeger

    /// Names of the parameters that are components of the path.
    var variables: [String] {
        Self.components(of: path).filter { $0.hasPrefix(":") }.map { String($0.dropFirst()) }
    }

    /// The path for people: `/api/v1/traces/ID`.
    var shownPath: String {
        Self.components(of: path).map { $0.hasPrefix(":") ? $0.dropFirst().uppercased() : String($0) }
            .joined(separator: "/")
    }

    /// Whether a request's path is this resource's, whatever the method.
    func matches(_ path: String) -> Bool {
        let (own, other) = (Self.components(of: self.path), Self.components(of: path))
        return own.count == other.count
            && zip(own, other).allSatisfy { $0.hasPrefix(":") ? !$1.isEmpty : $0 == $1 }
    }

    private static func components(of path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }
}

/// A request for a resource, and what its answer is made from.
struct QueryExchange: Sendable {
    let request: Request
    /// The parameters, checked; empty if the resource ignores them.
    let query: Query
    /// The percent-decoded components of the path by name.
    let variables: [String: String]
    let server: QueryServer
    let peer: SocketAddress?

    var surface: QueryServer.Surface { server.surface }

    func problem(_ message: String, status: HTTPResponse.Status) -> Response {
        QueryReply.problem(message, status: status, path: request.uri.path)
    }

    /// The reply when an answer takes too long. The computation continues, so a later query may find its answer.
    func tooSlow() -> Response {
        server.refusals.count(.queryDeadline, peer: peer)
        var response = problem(
            "no answer within \(QueryDeadline.usual.components.seconds) s; ask for a shorter range, or retry in 5 s",
            status: .gatewayTimeout)
        response.headers[.retryAfter] = "5"
        return response
    }

    /// The reply when as many answers of this kind as allowed are under way.
    func tooMany() -> Response {
        server.refusals.count(.queries, peer: peer)
        var response = problem("too many queries at once; retry in 1 s", status: .tooManyRequests)
        response.headers[.retryAfter] = "1"
        return response
    }
}

/// Short answers that are ready at once.
enum QueryReply {
    /// Says what is wrong: as the API does that the path belongs to, else as text.
    ///
    /// - Parameter path: of the request.
    static func problem(_ message: String, status: HTTPResponse.Status, path: String) -> Response {
        guard let json = json(message, status: status, path: path + "/") else {
            return text(message + "\n", status: status)
        }
        return Response(
            status: status, headers: [.contentType: Resource.jsonType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json)))
    }

    /// nil if the path is of no API.
    private static func json(_ message: String, status: HTTPResponse.Status, path: String) -> String? {
        if path.hasPrefix("/api/v1/") { return try? JSONText.encode(ProblemJSON(error: message)) }
        let error = JaegerError(status: status.code, message: message)
        if path.hasPrefix("/api/v3/") { return JaegerV3.envelope(error) }
        return path.hasPrefix("/api/") ? JaegerV1.envelope(error) : nil
    }

    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Why there is no answer.
struct ProblemJSON: Encodable {
    /// What is wrong, and what would be right.
    var error: String

    static let schema = Schema.object(["error": .text])
}
