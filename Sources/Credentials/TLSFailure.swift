import NIOSSL

/// Why a connection over TLS to a server failed, as its client sees it.
package enum TLSFailure {
    /// No known authority has signed the server's certificate, or it is expired.
    case untrusted
    case otherName
    /// The server asks for a client certificate, or doesn't accept the one that it was shown.
    case clientCertificate
    /// The server doesn't speak TLS.
    case plainText
    case other

    /// - Returns: nil if it isn't an error of TLS.
    package init?(_ error: any Error) {
        if error is ServerName.MismatchError {
            self = .otherName
            return
        }
        guard error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError else { return nil }
        // BoringSSL tells its errors apart by name only.
        let name = "\(error)"
        func has(_ parts: String...) -> Bool { parts.contains { name.contains($0) } }
        self =
            if has("CERTIFICATE_VERIFY_FAILED", "unableToValidateCertificate") {
                .untrusted
            } else if has("failedToValidateHostname", "unable to validate the hostname") {
                .otherName
            } else if has(
                "ALERT_CERTIFICATE_REQUIRED", "ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "HANDSHAKE_FAILURE")
            {
                .clientCertificate
            } else if has("WRONG_VERSION_NUMBER", "HTTP_REQUEST") {
                .plainText
            } else {
                .other
            }
    }
}
