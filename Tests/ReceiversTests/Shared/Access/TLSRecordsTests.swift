import NIOCore
import Testing

@testable import Receivers

struct TLSRecordsTests {
    private static let changeCipherSpec: [UInt8] = [20, 3, 3, 0, 1, 1]

    private static func alert(_ description: UInt8) -> [UInt8] { [21, 3, 3, 0, 2, 2, description] }

    @Test(arguments: [42, 43, 44, 45, 46, 48] as [UInt8])
    func `an alert about the certificate is found, alone or behind another record`(description: UInt8) {
        #expect(TLSRecords.refusesCertificate(ByteBuffer(bytes: Self.alert(description))))
        let records = Self.changeCipherSpec + Self.alert(description)
        #expect(TLSRecords.refusesCertificate(ByteBuffer(bytes: records)))
    }

    @Test(arguments: [
        [], [21], [21, 3, 3, 0, 2, 2], alert(0), alert(40), alert(70), [23, 3, 3, 0, 2, 2, 48],
        [21, 3, 3, 0, 3, 2, 48, 48],
        [21, 3, 3, 255, 255, 2, 48], changeCipherSpec,
    ])
    func `other records, and parts of one, are not`(records: [UInt8]) {
        #expect(!TLSRecords.refusesCertificate(ByteBuffer(bytes: records)))
    }

    @Test(arguments: [
        ("SSL routines:OPENSSL_internal:PEER_DID_NOT_RETURN_A_CERTIFICATE at x", RefusalReason.missingCertificate),
        ("SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at x", .wrongCertificate),
        ("SSL routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA at x", .certificateRefused),
        ("SSL routines:OPENSSL_internal:SSLV3_ALERT_CERTIFICATE_EXPIRED at x", .certificateRefused),
        ("SSL routines:OPENSSL_internal:NO_SHARED_CIPHER at x", .tlsHandshake),
    ])
    func `a failed handshake has a reason`(error: String, reason: RefusalReason) {
        #expect(TLSFailures.reason(error) == reason)
    }
}
