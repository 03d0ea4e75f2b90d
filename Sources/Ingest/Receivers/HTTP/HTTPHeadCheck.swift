internal import NIOHTTP1

/// Checks what the HTTP decoder lets through and the conversion to HTTPTypes would hide: the host that a request is
/// for, and how its body is framed.
enum HTTPHeadCheck {
    /// Checks a head. If it is valid, its target becomes a path and its Host field the host that it is for.
    static func error(in head: inout HTTPRequestHead, isTLS: Bool = false) -> HTTPRequestError? {
        guard head.method != .CONNECT else {
            return HTTPRequestError(.notImplemented, "this is not a proxy: CONNECT is not supported", .wrongMethod)
        }
        return framingError(head) ?? hostError(&head, isTLS: isTLS)
    }

    /// Whether the decoder treats what follows the request as another protocol and leaves it unread.
    static func isUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "upgrade")
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// RFC 9112, section 6.1. The decoder has already refused a Content-Length next to it.
    private static func framingError(_ head: HTTPRequestHead) -> HTTPRequestError? {
        let codings = head.headers[canonicalForm: "transfer-encoding"]
        guard !codings.isEmpty else { return nil }
        guard head.version != .http1_0 else {
            return HTTPRequestError(.badRequest, "HTTP/1.0 has no Transfer-Encoding", .badFraming)
        }
        guard codings.count == 1, codings[0].lowercased() == "chunked" else {
            return HTTPRequestError(.notImplemented, "Transfer-Encoding must be chunked or absent", .badFraming)
        }
        return nil
    }

    /// RFC 9112, section 3.2.
    private static func hostError(_ head: inout HTTPRequestHead, isTLS: Bool) -> HTTPRequestError? {
        let fields = head.headers["host"]
        guard fields.count <= 1 else {
            return HTTPRequestError(
                .badRequest, "the request has \(fields.count) Host fields; HTTP requires exactly one", .badHost)
        }
        guard !fields.isEmpty || head.version == .http1_0 else {
            return HTTPRequestError(.badRequest, "the request has no Host field; HTTP/1.1 requires one", .badHost)
        }
        let named = fields.first.flatMap { HTTPAuthority($0) }
        guard fields.isEmpty || named != nil else {
            return HTTPRequestError(
                .badRequest, "the Host field must be a host with an optional port, such as localhost:9464", .badHost)
        }
        guard !head.uri.hasPrefix("/"), head.uri != "*" else { return nil }
        return absoluteTargetError(&head, named, isTLS: isTLS)
    }

    /// In absolute form, the target's host counts. If the Host field names a different one, a proxy may have used
    /// either.
    private static func absoluteTargetError(
        _ head: inout HTTPRequestHead, _ named: HTTPAuthority?, isTLS: Bool
    ) -> HTTPRequestError? {
        let scheme = isTLS ? "https://" : "http://"
        let rest = head.uri.dropFirst(scheme.utf8.count)
        let host = rest.prefix { !"/?#".contains($0) }
        guard head.uri.prefix(scheme.utf8.count).lowercased() == scheme, let target = HTTPAuthority(host) else {
            return HTTPRequestError(
                .badRequest, "the request's target must be a path or a URL that starts with \(scheme)", .badHost)
        }
        guard named?.isSame(as: target, defaultPort: isTLS ? 443 : 80) ?? true else {
            return HTTPRequestError(
                .badRequest, "the request's target and its Host field name different hosts", .badHost)
        }
        let path = rest.dropFirst(host.count)
        head.headers.replaceOrAdd(name: "Host", value: String(host))
        head.uri = path.hasPrefix("/") ? String(path) : "/" + path
        return nil
    }
}
