import Glibc

/// An address that alerts are never sent to: link-local addresses and those of cloud metadata services. Otherwise a
/// rule file, or a DNS name under someone else's control, could reach them.
struct BlockedAddressError: Error, Hashable, CustomStringConvertible {
    /// Names only the kind of address, since the address is part of a URL.
    let description: String

    private static let linkLocal = BlockedAddressError(
        description: "the receiver's address is link-local, which is not allowed")
    private static let metadata = BlockedAddressError(
        description: "the receiver's address is that of a metadata service, which is not allowed")

    /// nil if the address is allowed.
    /// - Parameter bytes: four for IPv4, sixteen for IPv6.
    init?(_ bytes: [UInt8]) {
        switch bytes.count {
        case 4 where bytes.starts(with: [169, 254]): self = Self.linkLocal
        case 4 where bytes == [100, 100, 100, 200]: self = Self.metadata
        case 16:
            let isMapped = bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF])
            // RFC 6052: the prefix by which IPv6 networks reach IPv4 addresses.
            let isTranslated = bytes.starts(with: [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0])
            if isMapped || isTranslated {
                self.init(Array(bytes[12...]))
            } else if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 {
                self = Self.linkLocal
            } else if bytes == [0xFD, 0, 0x0E, 0xC2] + [UInt8](repeating: 0, count: 10) + [0x02, 0x54] {
                self = Self.metadata
            } else {
                return nil
            }
        default: return nil
        }
    }

    private init(description: String) {
        self.description = description
    }

    /// - Parameter text: an address such as `fe80::1%eth0`.
    init?(text: String) {
        let bare = String(text.prefix { $0 != "%" })
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if unsafe inet_pton(family, bare, &bytes) == 1 {
                self.init(bytes)
                return
            }
        }
        return nil
    }

    /// The first blocked address that a host name or a textual address resolves to; nil if there is none. A name that
    /// doesn't resolve isn't blocked: the connection fails by itself. Blocks until the system's resolver answers.
    static func find(behind host: String) -> BlockedAddressError? {
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let failure = unsafe getaddrinfo(bare, nil, &hints, &first)
        guard failure == 0, var entry = unsafe first else { return nil }
        defer { unsafe freeaddrinfo(first) }
        while true {
            if let blocked = unsafe find(entry) { return blocked }
            guard let next = unsafe entry.pointee.ai_next else { return nil }
            unsafe entry = next
        }
    }

    private static func find(_ entry: UnsafeMutablePointer<addrinfo>) -> BlockedAddressError? {
        let address = unsafe UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
        // The offsets of the address within sockaddr_in and sockaddr_in6.
        return switch unsafe entry.pointee.ai_family {
        case AF_INET: BlockedAddressError(unsafe Array(address[4..<8]))
        case AF_INET6: BlockedAddressError(unsafe Array(address[8..<24]))
        default: nil
        }
    }
}
