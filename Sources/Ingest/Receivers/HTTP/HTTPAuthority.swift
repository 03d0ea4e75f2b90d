/// A host with an optional port, as in Host fields and URLs (RFC 3986, section 3.2).
package struct HTTPAuthority: Equatable, Sendable {
    /// In lower case; an IPv6 address without brackets.
    package let host: String
    package let port: UInt16?

    /// - Returns: nil if it is malformed: empty, with user information, white space or several hosts.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        let colon = UInt8(ascii: ":")
        let end: Int
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let address = bytes[1..<bracket]
            guard !address.isEmpty, address.allSatisfy({ Self.isName($0) || $0 == colon }) else { return nil }
            host = String(decoding: address, as: UTF8.self).lowercased()
            end = bracket + 1
        } else {
            end = bytes.firstIndex(of: colon) ?? bytes.count
            guard end > 0, bytes[..<end].allSatisfy(Self.isName) else { return nil }
            host = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
        }
        guard end < bytes.count else {
            port = nil
            return
        }
        guard bytes[end] == colon else { return nil }
        let digits = bytes[(end + 1)...]
        // "host:" means "host".
        guard !digits.isEmpty else {
            port = nil
            return
        }
        guard digits.first != UInt8(ascii: "+"), let number = UInt16(String(decoding: digits, as: UTF8.self)) else {
            return nil
        }
        port = number
    }

    func isSame(as other: HTTPAuthority, defaultPort: UInt16) -> Bool {
        host == other.host && port ?? defaultPort == other.port ?? defaultPort
    }

    /// The characters of host names and addresses in practice. RFC 3986 allows more, but no host uses them.
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "%"):
            true
        default: false
        }
    }
}
