/// IPv4 addresses as text.
package enum IPv4Text {
    /// Whether the C library accepts a host as an address in an obsolete form: `127.1`, `2130706433`, `0x7F.0.0.1`,
    /// `0177.0.0.1` (inet_aton(3)). Other software reads some of these differently.
    package static func isObsolete(_ host: some StringProtocol) -> Bool {
        let parts = (host.last == "." ? host.dropLast() : host[...]).split(
            separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ isNumber($0) }) else { return false }
        return parts.count != 4 || parts.contains { UInt8($0) == nil || $0.count > 1 && $0.first == "0" }
    }

    private static func isNumber(_ part: some StringProtocol) -> Bool {
        let isHexadecimal = part.lowercased().hasPrefix("0x")
        return !part.isEmpty
            && part.dropFirst(isHexadecimal ? 2 : 0).allSatisfy {
                $0.isASCII && (isHexadecimal ? $0.isHexDigit : $0.isNumber)
            }
    }
}
