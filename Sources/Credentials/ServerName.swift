import Foundation
package import NIOCore
import NIOSSL

/// Whether a server's certificate has the name by which the server was asked for.
package enum ServerName {
    /// The certificate has another name.
    struct MismatchError: Error {}

    /// Checks a connection after its handshake, which accepts any certificate with the address that is connected to: whoever
    /// answers for a name in the DNS could show one for an address of its own.
    ///
    /// - Parameter host: a name, or an address, for which the handshake's check is enough.
    /// - Returns: fails, and closes the connection, if the certificate doesn't have the name.
    package static func verify(_ host: String, on channel: any Channel) -> EventLoopFuture<Void> {
        if isAddress(host) { return channel.eventLoop.makeSucceededVoidFuture() }
        return channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
            guard let certificate, has(certificate, host) else {
                channel.close(promise: nil)
                throw MismatchError()
            }
        }
    }

    private static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host.trimmingCharacters(in: ["[", "]"]), port: 0)) != nil
    }

    /// Without any alternative name, the handshake has compared the subject's common name.
    private static func has(_ certificate: NIOSSLCertificate, _ host: String) -> Bool {
        let names = certificate._subjectAlternativeNames()
        guard !names.isEmpty else { return true }
        return names.contains { name in
            name.nameType == .dnsName && matches(String(decoding: name.contents, as: UTF8.self), host)
        }
    }

    /// - Parameter name: of a certificate. An asterisk stands for its whole first label (RFC 6125, section 6.4.3).
    static func matches(_ name: String, _ host: String) -> Bool {
        let (name, host) = (labels(name), labels(host))
        guard name.first == "*" else { return name == host }
        return name.count > 2 && name.count == host.count && name.dropFirst() == host.dropFirst() && host[0] != ""
    }

    private static func labels(_ name: String) -> [Substring] {
        let name = name.lowercased()
        return (name.hasSuffix(".") ? name.dropLast() : name[...]).split(
            separator: ".", omittingEmptySubsequences: false)
    }
}
