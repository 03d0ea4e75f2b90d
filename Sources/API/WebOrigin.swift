import Receivers

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
