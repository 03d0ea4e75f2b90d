/// Why TLS with a receiver failed, in words. BoringSSL tells its errors apart by name only.
enum TLSFault {
    static func text(_ error: any Error) -> String {
        let name = "\(error)"
        func has(_ part: String) -> Bool { name.contains(part) }
        if has("CERTIFICATE_VERIFY_FAILED") || has("unableToValidateCertificate") {
            return "the receiver's certificate isn't accepted; set ca_file in tls_config to its authority"
        }
        if has("failedToValidateHostname") || has("unable to validate the hostname") {
            return "the receiver's certificate is for another name than that in url"
        }
        if has("ALERT_CERTIFICATE_REQUIRED") || has("ALERT_UNKNOWN_CA") || has("ALERT_BAD_CERTIFICATE")
            || has("HANDSHAKE_FAILURE")
        {
            return "the receiver doesn't accept our certificate, or wants one: cert_file and key_file in tls_config"
        }
        if has("WRONG_VERSION_NUMBER") || has("HTTP_REQUEST") {
            return "the receiver speaks plain text; url must begin with http://"
        }
        return "TLS failed"
    }
}
