import Glibc
import Support

/// A host to listen on. Compares hosts by their addresses, because one address can be written in many ways.
struct ListenHost {
    /// In lower case, without a trailing dot.
    private let name: String
    /// IPv4 addresses as 4 bytes, IPv6 addresses as 16 plus their zone. Empty for an unresolved name.
    private let addresses: [[UInt8]]

    /// A host that can't be resolved.
    struct UnknownHostError: Error, CustomStringConvertible {
        let description: String
    }

    /// Doesn't resolve names, except `localhost`.
    init(literal host: String) {
        var name = host.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        self.name = name
        let numeric = Self.addresses(of: host, flags: AI_NUMERICHOST).found
        addresses = name == "localhost" ? [Self.loopback4, Self.loopback6] : numeric
    }

    /// Resolves the host to the address that listening binds. Blocks until the resolver answers.
    init(resolving host: String) throws(UnknownHostError) {
        let (found, failure) = Self.addresses(of: host, flags: 0)
        guard let first = found.first else {
            throw UnknownHostError(
                description: unsafe failure == 0 ? "it has no address" : String(cString: gai_strerror(failure)))
        }
        name = host.lowercased()
        addresses = [first]
    }

    /// Whether the text is an address or a possible host name. Text whose last label is all digits must be an address.
    static func isHost(_ text: String) -> Bool {
        let bare = text.prefix { $0 != "%" }
        guard !IPv4Text.isObsolete(text) else { return false }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
        if !addresses(of: String(bare), flags: AI_NUMERICHOST).found.isEmpty { return true }
        let labels = (text.hasSuffix(".") ? text.dropLast() : text[...])
            .split(separator: ".", omittingEmptySubsequences: false)
        let areLabels = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
        return areLabels && text.utf8.count <= 253 && labels.last?.allSatisfy(\.isNumber) == false
    }

    /// Whether the same port can't be bound on both.
    func overlaps(_ other: ListenHost) -> Bool {
        if addresses.isEmpty || other.addresses.isEmpty {
            return name == other.name || isEverywhere || other.isEverywhere
        }
        return addresses.contains { address in other.addresses.contains { Self.overlap(address, $0) } }
    }

    /// Whether only this machine can reach it. False for a name that wasn't resolved.
    var isLoopback: Bool { !addresses.isEmpty && addresses.allSatisfy(Self.isLoopback) }

    /// Whether other machines can reach it. False for a name that wasn't resolved.
    var isElsewhere: Bool { !addresses.allSatisfy(Self.isLoopback) }

    private static func isLoopback(_ address: [UInt8]) -> Bool {
        address.count == 4 ? address[0] == 127 : address == loopback6
    }

    private var isEverywhere: Bool { addresses.contains(Self.all4) || addresses.contains(Self.all6) }

    /// `::` includes all IPv4 addresses: sockets accept both unless configured otherwise.
    private static func overlap(_ address: [UInt8], _ other: [UInt8]) -> Bool {
        address == other || address == all6 || other == all6
            || address == all4 && other.count == 4 || other == all4 && address.count == 4
    }

    private static let all4: [UInt8] = [0, 0, 0, 0]
    private static let loopback4: [UInt8] = [127, 0, 0, 1]
    private static let all6 = [UInt8](repeating: 0, count: 20)
    private static let loopback6 = [UInt8](repeating: 0, count: 15) + [1, 0, 0, 0, 0]
    private static let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

    private static func addresses(of host: String, flags: Int32) -> (found: [[UInt8]], failure: Int32) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = flags
        var first: UnsafeMutablePointer<addrinfo>?
        let failure = unsafe getaddrinfo(host, nil, &hints, &first)
        guard failure == 0 else { return ([], failure) }
        defer { unsafe freeaddrinfo(first) }
        var found: [[UInt8]] = []
        var entry = unsafe first
        while let current = unsafe entry {
            unsafe found += address(current).map { [$0] } ?? []
            unsafe entry = current.pointee.ai_next
        }
        return (found, 0)
    }

    private static func address(_ entry: UnsafeMutablePointer<addrinfo>) -> [UInt8]? {
        let address = unsafe UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
        // The offsets of the address in sockaddr_in, and of address and zone in sockaddr_in6.
        switch unsafe entry.pointee.ai_family {
        case AF_INET: return unsafe Array(address[4..<8])
        case AF_INET6:
            let bytes = unsafe Array(address[8..<28])
            return bytes.starts(with: mapped) ? Array(bytes[12..<16]) : bytes
        default: return nil
        }
    }
}
