package import NIOSSL
import Support
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
    package let certificate: CredentialFile
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
        return ServerIdentity(
            context: try key.context(configuration), start: chain[0].notValidBefore, expiry: chain[0].notValidAfter)
    }

    /// - Parameter now: in seconds since the epoch.
    /// - Throws: if an identity isn't valid now, but the one that it would replace is.
    package func refuse(_ new: ServerIdentity, insteadOf old: ServerIdentity, now: Int) throws(CredentialError) {
        guard old.problem(now: now) == nil, let problem = new.problem(now: now) else { return }
        throw certificate.failure("\(problem); the one in use is still valid")
    }
}

/// What a listener shows its clients.
package struct ServerIdentity: Sendable {
    package let context: NIOSSLContext
    /// When its certificate becomes valid, in seconds since the epoch.
    private let start: Int
    /// When its certificate ceases to be valid, in seconds since the epoch.
    package let expiry: Int

    init(context: NIOSSLContext, start: Int, expiry: Int) {
        (self.context, self.start, self.expiry) = (context, start, expiry)
    }

    /// Why clients refuse the certificate at a time, in seconds since the epoch; nil if it is valid then.
    package func problem(now: Int) -> String? {
        func date(_ time: Int) -> String { Timestamp.rfc3339(Int64(time) * 1_000_000_000) }
        if now > expiry { return "the certificate has expired (\(date(expiry)))" }
        return now < start ? "the certificate isn't valid yet (from \(date(start)))" : nil
    }
}
