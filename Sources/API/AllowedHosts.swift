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
