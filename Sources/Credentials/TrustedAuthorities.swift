import Foundation
package import NIOSSL

/// The authorities that a client accepts servers' certificates of, instead of the system's.
package struct TrustedAuthorities: Sendable {
    package let configuration: TLSConfiguration

    /// - Parameter option: what names the file, for the error.
    /// - Throws: if the PEM file can't be read or holds no certificate.
    package init(_ option: String, path: String) throws(CredentialError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try CredentialFile(option, path: path).certificates())
        self.configuration = configuration
    }

    /// Those of `SSL_CERT_FILE`, as OpenSSL's clients read it; nil if it isn't set.
    ///
    /// - Throws: if the PEM file can't be read or holds no certificate.
    package static func ofEnvironment() throws(CredentialError) -> TrustedAuthorities? {
        let variable = "SSL_CERT_FILE"
        guard let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty else { return nil }
        return try TrustedAuthorities(variable, path: path)
    }
}
