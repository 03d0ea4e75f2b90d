/// The names by which the scrape, the API and the page may be asked for, besides addresses and `localhost`.
///
/// A page elsewhere can have its own name resolve to an address of the daemon, and would then be taken by a browser for
/// what it reads there (DNS rebinding). So whatever name isn't known is refused.
package struct AllowedHosts: Sendable {
    /// Host and, where it says one, port by which users reach the daemon.
    private var externalAuthority: String?
    private var names: Set<String> = ["localhost"]

    package init() {}

    /// - Parameter authority: what the Host field says.
    func allow(authority: String) -> Bool {
        guard let host = Self.host(of: authority) else { return false }
        return Self.isAddress(host) || names.contains(host)
    }

    /// Whether a page may change something: one of the daemon itself.
    /// - Parameter origin: what the Origin field says.
    func allow(origin: String, authority: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: { origin.lowercased().hasPrefix($0) }) else {
            return false
        }
        let from = origin.dropFirst(scheme.count).lowercased()
        return from == authority.lowercased() || from == externalAuthority
    }

    /// Takes how users reach the daemon.
    ///
    /// - Returns: whether it is a URL of http or https with a host; nothing is taken where it's none.
    package mutating func setExternalURL(_ text: String) -> Bool {
        let scheme = ["http://", "https://"].first { text.lowercased().hasPrefix($0) }
        let authority = text.dropFirst(scheme?.count ?? 0).prefix { !"/?#".contains($0) }.lowercased()
        guard scheme != nil, let host = Self.host(of: authority), !host.isEmpty, !authority.contains("@") else {
            return false
        }
        externalAuthority = authority
        names.insert(host)
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

    /// The host in lower case, without a port or brackets; nil for what is none.
    private static func host(of authority: String) -> String? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let rest = authority[authority.index(after: end)...]
            return rest.isEmpty || rest.hasPrefix(":") ? String(authority[...end].dropFirst().dropLast()) : nil
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return nil }
        return parts[0].lowercased()
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
