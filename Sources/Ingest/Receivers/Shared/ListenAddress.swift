import Foundation
internal import NIOCore

/// A host name or address with a TCP port. Port 0 means any free port.
package struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`; an IPv6 address is in brackets (RFC 3986, section 3.2.2).
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension ListenAddress {
    /// The address that a socket is bound to, with the actual port if 0 was asked for.
    init(bound: SocketAddress?, asked: ListenAddress) {
        self.init(host: bound?.ipAddress ?? asked.host, port: bound?.port ?? asked.port)
    }
}

/// Listening on an address failed.
struct ListenError: Error, CustomStringConvertible {
    let address: ListenAddress
    private let reason: String

    init(_ address: ListenAddress, _ error: any Error) {
        self.address = address
        reason =
            switch error {
            case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
            case is SocketAddressError.UnknownHost, is SocketAddressError: "the host name can't be resolved"
            default: "\(error)"
            }
    }

    var description: String { "can't listen on \(address): \(reason)" }
}
