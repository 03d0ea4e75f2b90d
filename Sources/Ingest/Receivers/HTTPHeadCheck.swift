internal import NIOHTTP1

/// Judges what the HTTP decoder lets through and the conversion to HTTPTypes would hide: for which host a request is meant,
/// and how its body is framed.
enum HTTPHeadCheck {
    /// What is wrong with a head. Where nothing is, its target is a path, and Host says for whom it is meant.
    static func fault(in head: inout HTTPRequestHead) -> HTTPFault? {
        guard head.method != .CONNECT else {
            return HTTPFault(.notImplemented, "this is no proxy: CONNECT is not taken", .wrongMethod)
        }
        return framingFault(head) ?? hostFault(&head)
    }

    /// Whether the decoder takes what comes behind the request for another protocol, and leaves it unread.
    static func isUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "upgrade")
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// RFC 9112, section 6.1. The decoder has refused a length beside it.
    private static func framingFault(_ head: HTTPRequestHead) -> HTTPFault? {
        let codings = head.headers[canonicalForm: "transfer-encoding"]
        guard !codings.isEmpty else { return nil }
        guard head.version != .http1_0 else {
            return HTTPFault(.badRequest, "HTTP/1.0 has no Transfer-Encoding", .badFraming)
        }
        guard codings.count == 1, codings[0].lowercased() == "chunked" else {
            return HTTPFault(.notImplemented, "Transfer-Encoding is chunked, or left out", .badFraming)
        }
        return nil
    }

    /// RFC 9112, section 3.2.
    private static func hostFault(_ head: inout HTTPRequestHead) -> HTTPFault? {
        let fields = head.headers["host"]
        guard fields.count <= 1 else {
            return HTTPFault(.badRequest, "the request has \(fields.count) Host fields; HTTP asks for one", .badHost)
        }
        guard !fields.isEmpty || head.version == .http1_0 else {
            return HTTPFault(.badRequest, "the request has no Host field; HTTP/1.1 asks for one", .badHost)
        }
        let named = fields.first.flatMap { HTTPAuthority($0) }
        guard fields.isEmpty || named != nil else {
            return HTTPFault(
                .badRequest, "the Host field is a host with or without a port, such as localhost:9464", .badHost)
        }
        guard !head.uri.hasPrefix("/"), head.uri != "*" else { return nil }
        return absoluteTargetFault(&head, named)
    }

    /// Of a target in absolute form it's the host that counts; where Host names another, whoever passed the request on may
    /// have read the one or the other.
    private static func absoluteTargetFault(_ head: inout HTTPRequestHead, _ named: HTTPAuthority?) -> HTTPFault? {
        let scheme = "http://"
        let rest = head.uri.dropFirst(scheme.utf8.count)
        let host = rest.prefix { !"/?#".contains($0) }
        guard head.uri.prefix(scheme.utf8.count).lowercased() == scheme, let target = HTTPAuthority(host) else {
            return HTTPFault(
                .badRequest, "the request's target is a path, or an address that begins with http://", .badHost)
        }
        guard named?.isSame(as: target, defaultPort: 80) ?? true else {
            return HTTPFault(.badRequest, "the request's target and its Host field name different hosts", .badHost)
        }
        let path = rest.dropFirst(host.count)
        head.headers.replaceOrAdd(name: "Host", value: String(host))
        head.uri = path.hasPrefix("/") ? String(path) : "/" + path
        return nil
    }
}
