internal import NIOCore

/// The protocol that a client speaks, judged by its first bytes. The most common misconfiguration is a client on the
/// wrong port or with TLS on a plain-text port, so those get their own reasons.
enum ClientProtocol: Equatable, Sendable {
    case tls
    case http1
    case http2
    case unknown

    /// Enough bytes to tell.
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
