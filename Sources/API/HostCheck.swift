import HTTPTypes
import Hummingbird
import NIOCore
import Receivers

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
            refusals.count(.wrongHost, peer: context.channel.remoteAddress)
            return QueryReply.text(
                "unknown Host; use an IP address, localhost, the host of external_url or one of allowed_hosts\n",
                status: .forbidden)
        }
        let changesSomething = request.method != .get && request.method != .head
        if changesSomething, CrossSite(hosts: hosts, isTLS: isTLS).isForeign(request.head) {
            refusals.count(.wrongOrigin, peer: context.channel.remoteAddress)
            return QueryReply.text("pages of other origins can't change anything here\n", status: .forbidden)
        }
        return try await next(request, context)
    }
}
