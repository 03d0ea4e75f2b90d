package import NIOSSL

extension CredentialFile {
    /// The certificates of a PEM file, at least one.
    package func certificates() throws(CredentialError) -> [NIOSSLCertificate] {
        let bytes = try contents()
        let found = try? NIOSSLCertificate.fromPEMBytes(bytes)
        guard let found, !found.isEmpty else {
            throw failure("it holds no certificate; it must be a PEM file with BEGIN CERTIFICATE")
        }
        return found
    }

    func privateKey() throws(CredentialError) -> NIOSSLPrivateKey {
        let bytes = try contents()
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw failure("it holds no private key; it must be a PEM file with BEGIN PRIVATE KEY, without a passphrase")
        }
        return key
    }

    /// A context that uses the key in this file.
    func context(_ configuration: TLSConfiguration) throws(CredentialError) -> NIOSSLContext {
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw failure("the key doesn't belong to the certificate in cert_file")
        }
    }
}
