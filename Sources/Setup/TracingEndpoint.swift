import Support

/// Where exporters send spans: `HOST:PORT`, as kube-apiserver and etcd take it, without a scheme.
package struct TracingEndpoint: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package let host: String

    /// - Throws: `SetupError` that says what would be right.
    package init(_ text: String) throws(SetupError) {
        let example = "such as 127.0.0.1:4317 or [::1]:4317"
        func wrong(_ why: String) -> SetupError {
            SetupError("the endpoint \(PrintableText.quote(text)) \(why); it must be HOST:PORT, \(example)")
        }
        if text.contains("://") { throw wrong("has a scheme, which kube-apiserver doesn't take") }
        guard let colon = text.lastIndex(of: ":") else { throw wrong("has no port") }
        let host = text[..<colon]
        let port = text[text.index(after: colon)...]
        guard let number = UInt16(port), number > 0, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw wrong("has no port between 1 and 65535")
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        let name = isBracketed ? host.dropFirst().dropLast() : host
        guard !name.isEmpty else { throw wrong("has no host") }
        guard isBracketed || !name.contains(":") else { throw wrong("needs brackets around the IPv6 address") }
        let allowed = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2D, 0x2E, 0x3A, 0x5F].contains(byte)
        }
        guard allowed else { throw wrong("has a host with other characters than letters, digits, '-' and '.'") }
        description = text
        self.host = String(name)
    }
}

/// What makes it impossible to say how tracing is set up.
package struct SetupError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
