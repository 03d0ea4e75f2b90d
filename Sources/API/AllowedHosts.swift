import HTTPTypes
import Hummingbird
import NIOCore
import Receivers

/// The names by which the scrape, the API and the page may be asked for, besides addresses and `localhost`.
///
/// A page elsewhere can have its own name resolve to an address of the daemon, and would then be taken by a browser for
/// what it reads there (DNS rebinding). So whatever name isn't known is refused.
package struct AllowedHosts: Sendable {
    /// By which users reach the daemon.
    private var externalOrigin: WebOrigin?
    private var names: Set<String> = ["localhost"]

    package init() {}

    /// - Parameter authority: what the Host field says.
    func allow(authority: String) -> Bool {
        guard let host = HTTPAuthority(authority)?.host else { return false }
        return Self.isAddress(host) || names.contains(host)
    }

    /// Whether a page may change something: one of the daemon itself, which is reached in plain HTTP by the name that the
    /// request has, or by `external_url`.
    func allow(_ origin: WebOrigin?, authority: String) -> Bool {
        guard let origin else { return false }
        return origin == WebOrigin(scheme: "http", authority: authority) || origin == externalOrigin
    }

    /// Takes how users reach the daemon.
    ///
    /// - Returns: whether it is a URL of http or https with a host; nothing is taken where it's none.
    package mutating func setExternalURL(_ text: String) -> Bool {
        guard let origin = WebOrigin(url: text) else { return false }
        externalOrigin = origin
        names.insert(origin.host)
        return true
    }

    /// Takes a further name.
    ///
    /// - Returns: whether it can be the name of a host; it isn't taken where it can't.
    package mutating func add(name: String) -> Bool {
        let isName =
            !name.isEmpty
            && name.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                    || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || ".-_".utf8.contains(byte)
            }
        if isName { names.insert(name.lowercased()) }
        return isName
    }

    private static func isAddress(_ host: String) -> Bool {
        if host.contains(":") {
            // Without the zone of a link-local one.
            return host.prefix { $0 != "%" }.utf8.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) }
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { !$0.isEmpty && $0.count <= 3 && UInt8($0) != nil }
    }
}

/// Where a page comes from, as browsers compare it: scheme, host and port (RFC 6454).
struct WebOrigin: Equatable {
    let scheme: String
    let host: String
    let port: UInt16

    private static let defaultPorts: [String: UInt16] = ["http": 80, "https": 443]

    init?(scheme: String, authority: some StringProtocol) {
        guard let defaultPort = Self.defaultPorts[scheme], let authority = HTTPAuthority(authority) else { return nil }
        self.scheme = scheme
        host = authority.host
        port = authority.port ?? defaultPort
    }

    /// Of an address, whatever stands behind its host; nil for what is none of the web, such as `null`.
    init?(url: String) {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return nil }
        let rest = url[colon...].dropFirst(3)
        self.init(scheme: url[..<colon].lowercased(), authority: rest.prefix { !"/?#".contains($0) })
    }

    /// - Parameter text: what the Origin field says, which is an origin and no more.
    init?(field text: String) {
        guard text.filter({ $0 == "/" }).count == 2 else { return nil }
        self.init(url: text)
    }
}

/// Whether a request that would change something was sent by a page of another site, in the name of whoever looks at it.
struct CrossSite {
    let hosts: AllowedHosts

    /// Browsers say where a request comes from; what says nothing is no browser.
    func isForeign(_ request: HTTPRequest) -> Bool {
        let fields = request.headerFields
        // What a page can't set (Fetch Metadata): "none" is the user's own doing.
        if let name = HTTPField.Name("Sec-Fetch-Site") {
            guard fields[values: name].allSatisfy({ ["same-origin", "none"].contains($0.lowercased()) }) else {
                return true
            }
        }
        let authority = request.authority ?? ""
        let origins = fields[values: .origin]
        guard origins.isEmpty else {
            return !origins.allSatisfy { hosts.allow(WebOrigin(field: $0), authority: authority) }
        }
        return !fields[values: .referer].allSatisfy { hosts.allow(WebOrigin(url: $0), authority: authority) }
    }
}

/// Answers only whoever asks for the daemon by a name that it has: see `AllowedHosts`.
struct HostCheck: RouterMiddleware {
    let hosts: AllowedHosts
    let service: any TraceService

    func handle(
        _ request: Request, context: AdminContext, next: (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        // Only HTTP/1.0 may leave out the Host field, and no browser speaks that.
        let authority = request.head.authority ?? ""
        guard authority.isEmpty || hosts.allow(authority: authority) else {
            service.refused(transport: .admin, reason: .wrongHost, peer: context.channel.remoteAddress)
            return AdminReply.text(
                "the Host isn't one of this daemon: an address, localhost, external_url's host or one of allowed_hosts\n",
                status: .forbidden)
        }
        let changesSomething = request.method != .get && request.method != .head
        if changesSomething, CrossSite(hosts: hosts).isForeign(request.head) {
            service.refused(transport: .admin, reason: .wrongOrigin, peer: context.channel.remoteAddress)
            return AdminReply.text("a page of another origin may change nothing here\n", status: .forbidden)
        }
        return try await next(request, context)
    }
}
