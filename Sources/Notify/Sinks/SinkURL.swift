import Foundation
import Support

/// The URL of an alert receiver. It may contain a token, so no message quotes it.
enum SinkURL {
    /// The problem with the URL, and the fix; nil if there is none. Doesn't resolve names.
    /// - Parameter ofKind: the problem with a URL that is good for other kinds of sinks.
    static func problem(_ url: String, example: String, ofKind: (URL) -> String?) -> String? {
        let form = "url is a URL such as \(example)"
        guard let parsed = URL(string: url), ["http", "https"].contains(parsed.scheme?.lowercased()),
            let start = url.range(of: "://")?.upperBound
        else { return form }
        guard !url.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F }) else {
            return "url contains white space or a control character; a space is written %20"
        }
        guard hasWholeEscapes(url) else { return "in url, % is followed by two hexadecimal digits, or written as %25" }
        let authority = url[start...].prefix { !"/?#\\".contains($0) }
        // The host follows the user and password, if present.
        let address = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        if let problem = problemWithAuthority(address, form) { return problem }
        guard let host = parsed.host(), !host.isEmpty else { return form }
        if let blocked = BlockedAddressError(text: host) { return "\(blocked)" }
        return ofKind(parsed)
    }

    private static func hasWholeEscapes(_ url: String) -> Bool {
        url.split(separator: "%", omittingEmptySubsequences: false).dropFirst().allSatisfy { rest in
            rest.utf8.count >= 2 && rest.utf8.prefix(2).allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        }
    }

    private static func problemWithAuthority(_ address: Substring, _ form: String) -> String? {
        var host = address
        var port: Substring?
        if address.hasPrefix("[") {
            guard let end = address.firstIndex(of: "]"), isIPv6(address[address.index(after: address.startIndex)..<end])
            else {
                return "brackets in url are for an IPv6 address, as in http://[::1]:9093"
            }
            let rest = address[address.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { return form }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = address.firstIndex(of: ":") {
            (host, port) = (address[..<colon], address[address.index(after: colon)...])
            if port?.contains(":") == true {
                return "an IPv6 address in url goes in brackets, as in http://[::1]:9093"
            }
        }
        guard !host.isEmpty else { return "\(form): the host is missing" }
        if let port, port.first == "+" || !(1...65_535).contains(Int(port) ?? 0) {
            return "the port in url must be a number from 1 to 65535; without a port, leave out the colon"
        }
        guard isHostName(host) else {
            return "the host in url is an address, or a name of parts between dots that neither begin nor end with -"
        }
        if IPv4Text.isObsolete(host) {
            return "the address in url has four decimal numbers from 0 to 255, as in http://127.0.0.1:9093"
        }
        return nil
    }

    /// Checks names in ASCII; others are encoded before they are resolved.
    private static func isHostName(_ host: Substring) -> Bool {
        guard host.utf8.allSatisfy({ $0 < 0x80 }), !host.hasPrefix("["), !host.contains("%") else { return true }
        return (host.hasSuffix(".") ? host.dropLast() : host).split(separator: ".", omittingEmptySubsequences: false)
            .allSatisfy { (1...63).contains($0.utf8.count) && $0.first != "-" && $0.last != "-" }
    }

    private static func isIPv6(_ text: Substring) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        return unsafe inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &bytes) == 1
    }

    /// The paths below its base URL where an Alertmanager accepts alerts.
    private static let alertsPaths = ["/api/v2/alerts", "/api/v1/alerts", "/api/v2", "/api/v1"]

    /// The end of the URL that shows that it is an Alertmanager's API; nil if it isn't.
    static func alertsPath(of url: URL) -> String? {
        let path = "/" + url.path().split(separator: "/").joined(separator: "/")
        return alertsPaths.first { path.lowercased().hasSuffix($0) }
    }

    static func problemWithFragment(_ url: URL) -> String? {
        url.fragment == nil
            ? nil : "url has a fragment, which only browsers use: leave out # and what follows"
    }
}
