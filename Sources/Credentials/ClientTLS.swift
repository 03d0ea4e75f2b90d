package import NIOSSL
package import YAML

/// `tls_config: {ca_file, cert_file, key_file, server_name, insecure_skip_verify, min_version}` of a receiver of alerts, as in
/// Prometheus' files.
package struct ClientTLS: Hashable, Sendable {
    /// Whose certificates are accepted; nil for the system's authorities.
    private let authorities: CredentialFile?
    private let pair: KeyPair?
    /// The name that the receiver's certificate must have; nil for the host of its URL.
    package let serverName: String?
    private let skipsVerification: Bool
    private let minimum: TLSMinimum

    private struct KeyPair: Hashable {
        let certificate: CredentialFile
        let key: CredentialFile
    }

    /// nil if the block is unusable; `diagnostics` says why.
    package init?(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        let fields = ["ca_file", "cert_file", "key_file", "server_name", "insecure_skip_verify", "min_version"]
        guard let mapping = YAMLMapping(node, "tls_config", fields: fields, &diagnostics) else { return nil }
        authorities = CredentialFile("ca_file", of: mapping, &diagnostics)
        let certificate = CredentialFile("cert_file", of: mapping, &diagnostics)
        let key = CredentialFile("key_file", of: mapping, &diagnostics)
        if mapping["cert_file"] == nil, let node = mapping["key_file"] {
            diagnostics.report(node.start, "key_file needs cert_file: a key without its certificate proves nothing")
        } else if mapping["key_file"] == nil, let node = mapping["cert_file"] {
            diagnostics.report(node.start, "cert_file needs key_file: the key of the certificate")
        }
        if let certificate, let key { pair = KeyPair(certificate: certificate, key: key) } else { pair = nil }
        serverName = mapping["server_name"].flatMap { Self.serverName($0, &diagnostics) }
        skipsVerification = mapping["insecure_skip_verify"]?.boolean("insecure_skip_verify", &diagnostics) ?? false
        minimum = mapping["min_version"]?.choice("min_version", of: TLSMinimum.self, &diagnostics) ?? .tls12
    }

    private static func serverName(_ node: YAMLNode, _ diagnostics: inout Diagnostics) -> String? {
        guard let name = node.string("server_name", &diagnostics) else { return nil }
        // Neither an address nor a URL: TLS sends names only.
        if name.wholeMatch(of: /([A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]*[A-Za-z][A-Za-z0-9_-]*/) != nil { return name }
        diagnostics.report(
            node.start, "server_name is a DNS name that the receiver's certificate has, such as alerts.example.com")
        return nil
    }

    package var files: [CredentialFile] { [authorities, pair?.certificate, pair?.key].compactMap(\.self) }

    /// Reads the files.
    package func load() throws(CredentialError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = minimum.version
        if let authorities { configuration.trustRoots = .certificates(try authorities.certificates()) }
        if skipsVerification { configuration.certificateVerification = .none }
        if let pair {
            configuration.certificateChain = try pair.certificate.certificates().map { .certificate($0) }
            configuration.privateKey = .privateKey(try pair.key.privateKey())
            _ = try pair.key.context(configuration)
        }
        return configuration
    }
}
