import Receivers

/// The host names under which the scrape and the API may be reached, besides IP addresses and `localhost`.
///
/// A page elsewhere can make its own name resolve to the daemon's address, and the browser would then let it read the
/// answers (DNS rebinding). Unknown names are therefore refused.
package struct AllowedHosts: Sendable {
    /// How users reach the daemon.
    private var externalOrigin: WebOrigin?
    private var names: Set<String> = ["localhost"]

    package init() {}

    /// - Parameter authority: the value of the Host field.
    func allow(authority: String) -> Bool {
        guard let host = HTTPAuthority(authority)?.host else { return false }
        return Self.isAddress(host) || names.contains(host)
    }

    /// Whether a page may change something. Its origin must be that of this request, or
    /// `external_url`.
    func allow(_ origin: WebOrigin?, authority: String, isTLS: Bool) -> Bool {
        guard let origin else { return false }
        return origin == WebOrigin(scheme: isTLS ? "https" : "http", authority: authority) || origin == externalOrigin
    }

    /// Sets the URL by which users reach the daemon.
    ///
    /// - Returns: false, and changes nothing, unless it is an http or https URL with a host.
    package mutating func setExternalURL(_ text: String) -> Bool {
        guard let origin = WebOrigin(url: text) else { return false }
        externalOrigin = origin
        names.insert(origin.host)
        return true
    }

    /// Adds a host name.
    ///
    /// - Returns: false, and changes nothing, unless it is a valid host name.
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
            // Ignore the zone of a link-local address.
            return host.prefix { $0 != "%" }.utf8.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) }
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { !$0.isEmpty && $0.count <= 3 && UInt8($0) != nil }
    }
}

/// The origin of a page as browsers compare it: scheme, host and port (RFC 6454).
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

    /// The origin of a URL; nil for non-web URLs and for `null`.
    init?(url: String) {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return nil }
        let rest = url[colon...].dropFirst(3)
        self.init(scheme: url[..<colon].lowercased(), authority: rest.prefix { !"/?#".contains($0) })
    }

    /// - Parameter text: the value of the Origin field, which has no path.
    init?(field text: String) {
        guard text.filter({ $0 == "/" }).count == 2 else { return nil }
        self.init(url: text)
    }
}
