internal import NIOCore

/// What a client speaks, by the first bytes it sends: clients that are pointed at the wrong port, or at one without TLS, are
/// the most frequent of all misconfigurations, and are told apart from garbage.
enum ClientProtocol: Equatable, Sendable {
    case tls
    case http1
    case http2
    case unknown

    /// As many bytes as it takes to tell.
    static let bytesNeeded = 4

    init(opening: ByteBuffer) {
        let bytes = opening.readableBytesView.prefix(Self.bytesNeeded)
        if bytes.first == 0x16, bytes.dropFirst().first ?? 3 == 3 {
            // A handshake record of TLS 1.x (RFC 8446, section 5.1).
            self = .tls
        } else if bytes.elementsEqual("PRI ".utf8) {
            self = .http2
        } else if !bytes.isEmpty,
            bytes.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || $0 == UInt8(ascii: " ") })
        {
            self = .http1
        } else {
            self = .unknown
        }
    }
}
