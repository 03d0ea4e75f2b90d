package import NIOSSL
package import YAML

/// The oldest version of TLS to speak, with Prometheus' names.
enum TLSMinimum: String, Hashable, Sendable, CaseIterable {
    case tls12 = "TLS12"
    case tls13 = "TLS13"

    var version: TLSVersion {
        switch self {
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}

/// `tls: {cert_file, key_file, client_ca_file, min_version}` of a listener.
package struct ServerTLS: Hashable, Sendable {
    private let certificate: CredentialFile
    private let key: CredentialFile
    /// Whose certificates clients must have; nil if they need none.
    private let clientAuthorities: CredentialFile?
    private let minimum: TLSMinimum

    /// nil if the block is unusable; `diagnostics` says why.
    package init?(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        let fields = ["cert_file", "key_file", "client_ca_file", "min_version"]
        guard let mapping = YAMLMapping(node, "tls", fields: fields, &diagnostics) else { return nil }
        // Both, so that one mistake doesn't hide another.
        let required = ["cert_file", "key_file"].map { mapping.required($0, &diagnostics) }
        guard required.allSatisfy({ $0 != nil }),
            let certificate = CredentialFile("cert_file", of: mapping, &diagnostics),
            let key = CredentialFile("key_file", of: mapping, &diagnostics)
        else { return nil }
        self.certificate = certificate
        self.key = key
        clientAuthorities = CredentialFile("client_ca_file", of: mapping, &diagnostics)
        minimum = mapping["min_version"]?.choice("min_version", of: TLSMinimum.self, &diagnostics) ?? .tls12
    }

    package var files: [CredentialFile] { [certificate, key] + [clientAuthorities].compactMap(\.self) }

    /// Reads the files.
    ///
    /// - Parameter applicationProtocol: what the listener speaks, as ALPN names it.
    package func load(applicationProtocol: String) throws(CredentialError) -> ServerIdentity {
        let chain = try certificate.certificates()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(try key.privateKey()))
        configuration.minimumTLSVersion = minimum.version
        configuration.applicationProtocols = [applicationProtocol]
        if let clientAuthorities {
            configuration.trustRoots = .certificates(try clientAuthorities.certificates())
            // Clients have no name to verify, but they must have a certificate.
            configuration.certificateVerification = .noHostnameVerification
            configuration.sendCANameList = true
        }
        return ServerIdentity(context: try key.context(configuration), expiry: chain[0].notValidAfter)
    }
}

/// What a listener shows its clients.
package struct ServerIdentity: Sendable {
    package let context: NIOSSLContext
    /// When its certificate ceases to be valid, in seconds since the epoch.
    package let expiry: Int
}
