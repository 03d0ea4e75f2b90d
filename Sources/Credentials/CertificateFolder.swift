import Foundation
import NIOSSL
import Support

/// A folder of certificates with the names of a Secret of type kubernetes.io/tls, for clients that others run.
package struct CertificateFolder {
    /// Whether it has a client's certificate besides the authority of servers.
    package let isMutual: Bool

    /// - Parameter option: what names the folder, for the error.
    /// - Throws: if a file is missing, can't be read, or doesn't belong to the others.
    package init(_ option: String, path: String) throws(CredentialError) {
        let folder = CredentialFile(option, path: path)
        let right = "it must have ca.crt and, for mutual TLS, tls.crt and tls.key"
        guard FilePattern.isDirectory(path) else { throw folder.failure("there is no such folder; \(right)") }
        func file(_ name: String) -> CredentialFile { CredentialFile(option, path: "\(path)/\(name)") }
        let (authority, certificate, key) = (file("ca.crt"), file("tls.crt"), file("tls.key"))
        let isThere = { (file: CredentialFile) in FilePattern.isFile(file.path) }
        guard isThere(authority) else { throw folder.failure("has no ca.crt; \(right)") }
        guard isThere(certificate) == isThere(key) else {
            let (one, other) = isThere(key) ? ("tls.key", "tls.crt") : ("tls.crt", "tls.key")
            throw folder.failure("has \(one), but no \(other); \(right)")
        }
        isMutual = isThere(key)
        for file in [authority] + (isMutual ? [certificate, key] : []) {
            guard let target = FilePath.resolved(file.path), let own = FilePath.resolved(path) else { continue }
            guard target.hasPrefix("\(own)/") else {
                throw file.failure("is a link to \(target), which is outside of the folder, so that pods don't see it")
            }
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try authority.certificates())
        guard isMutual else { return }
        configuration.certificateChain = try certificate.certificates().map { .certificate($0) }
        configuration.privateKey = .privateKey(try key.privateKey())
        _ = try key.context(configuration, certificate: "tls.crt")
    }
}
