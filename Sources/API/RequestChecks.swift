import HTTPTypes
import Hummingbird
import NIOCore
import Receivers
import Support

/// Detects requests that another site's page makes a browser send.
struct CrossSite {
    let hosts: AllowedHosts
    /// Whether requests come over TLS.
    let isTLS: Bool

    /// Browsers state the origin of a request. A request without any of these fields doesn't come from a browser.
    func isForeign(_ request: HTTPRequest) -> Bool {
        let fields = request.headerFields
        // Pages can't set this field (Fetch Metadata). "none" means that the user started the request.
        if let name = HTTPField.Name("Sec-Fetch-Site") {
            guard fields[values: name].allSatisfy({ ["same-origin", "none"].contains($0.lowercased()) }) else {
                return true
            }
        }
        let authority = request.authority ?? ""
        let origins = fields[values: .origin]
        guard origins.isEmpty else {
            return !origins.allSatisfy { hosts.allow(WebOrigin(field: $0), authority: authority, isTLS: isTLS) }
        }
        return !fields[values: .referer].allSatisfy {
            hosts.allow(WebOrigin(url: $0), authority: authority, isTLS: isTLS)
        }
    }
}

/// Answers only if the request's host is one of `AllowedHosts`.
struct HostCheck: RouterMiddleware {
    let hosts: AllowedHosts
    let isTLS: Bool
    let refusals: Refusals

    func handle(
        _ request: Request, context: QueryContext, next: (Request, QueryContext) async throws -> Response
    ) async throws -> Response {
        // Only HTTP/1.0 may omit Host, and no browser uses that.
        let authority = request.head.authority ?? ""
        guard authority.isEmpty || hosts.allow(authority: authority) else {
            let problem = "unknown Host; use an IP address, localhost, the host of external_url or one of allowed_hosts"
            refusals.count(.wrongHost, peer: context.channel.remoteAddress, problem)
            return QueryReply.problem(problem, status: .forbidden, path: request.uri.path)
        }
        let changesSomething = request.method != .get && request.method != .head
        if changesSomething, CrossSite(hosts: hosts, isTLS: isTLS).isForeign(request.head) {
            let problem = "pages of other origins can't change anything here"
            refusals.count(.wrongOrigin, peer: context.channel.remoteAddress, problem)
            return QueryReply.problem(problem, status: .forbidden, path: request.uri.path)
        }
        return try await next(request, context)
    }
}

/// Answers only with one of the listener's tokens, except to health checks: a kubelet has none.
struct TokenCheck: RouterMiddleware {
    let access: ListenerAccess
    let refusals: Refusals

    private static let open = [Resource.healthy.path, Resource.ready.path]

    func handle(
        _ request: Request, context: QueryContext, next: (Request, QueryContext) async throws -> Response
    ) async throws -> Response {
        guard !Self.open.contains(request.uri.path),
            let reason = access.refusal(request.headers[.authorization], takesPassword: true)
        else { return try await next(request, context) }
        refusals.count(reason, peer: context.channel.remoteAddress)
        var response = QueryReply.problem(
            "\(reason.hintForToken); in a browser, the token is the password of any user", status: .unauthorized,
            path: request.uri.path)
        // Browsers ask for a user and a password, and send them along with everything that the page loads.
        response.headers[values: .wwwAuthenticate] = ["Bearer", "Basic realm=\"Faultline\", charset=\"UTF-8\""]
        return response
    }
}

/// Answers requests that match no resource: lists the known paths, or the methods that a known path takes.
struct UnknownRequest: RouterMiddleware {
    let resources: [Resource]
    let refusals: Refusals

    func handle(
        _ request: Request, context: QueryContext, next: (Request, QueryContext) async throws -> Response
    ) async throws -> Response {
        guard !Self.hasEmptyComponent(request.uri.path) else { return answer(request, context.channel.remoteAddress) }
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return answer(request, context.channel.remoteAddress)
        }
    }

    /// The router ignores empty components, but a path with one is another path (RFC 3986, section 3.3), except for a slash at
    /// the end, which people add. So are paths with dots or percent-encoded letters, which only clients may resolve; no route
    /// matches them.
    private static func hasEmptyComponent(_ path: String) -> Bool { path.contains("//") }

    private func answer(_ request: Request, _ peer: SocketAddress?) -> Response {
        let methods = resources.filter { $0.matches(request.uri.path) }.map(\.method)
        guard methods.isEmpty else {
            let allowed = methods.map { $0 == .get ? "GET, HEAD" : $0.rawValue }.joined(separator: ", ")
            let path = PrintableText.quote(request.uri.path)
            refusals.count(.wrongMethod, peer: peer, "\(request.method.rawValue) \(path); allowed methods: \(allowed)")
            var response = QueryReply.problem(
                "allowed methods: \(allowed)", status: .methodNotAllowed, path: request.uri.path)
            response.headers[.allow] = allowed
            return response
        }
        refusals.count(.unknownPath, peer: peer, "no such path: \(PrintableText.quote(request.uri.path))")
        let known = resources.map(\.shownPath)
        return QueryReply.problem(
            "no such path; known paths are \(known.listed())", status: .notFound, path: request.uri.path)
    }
}

/// Counts what a server refuses, by its transport.
struct Refusals: Sendable {
    private let service: any TraceService
    private let transport: Transport

    init(_ listener: Listener) {
        service = listener.service
        transport = listener.transport
    }

    /// - Parameter explanation: for the log, if the reason doesn't say enough.
    func count(_ reason: RefusalReason, peer: SocketAddress?, _ explanation: String? = nil) {
        service.refused(transport: transport, reason: reason, peer: peer, explanation: explanation)
    }
}
