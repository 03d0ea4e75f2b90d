import Foundation
import Testing

@testable import MCP

@Suite struct `A daemon's client` {
    @Test func `encodes whatever isn't unreserved in a URL, and nothing else`() {
        // RFC 3986, section 2.3.
        let unreserved = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        var texts = (0..<128).map { String(UnicodeScalar(UInt8($0))) }
        texts += ["", "a b&c=d/e?f#g%20", "é", "\u{1F600}", "=~ etcdserverpb[.]KV/.+"]
        for text in texts {
            let encoded = DaemonClient.encode(text)
            #expect(encoded.removingPercentEncoding == text)
            #expect(encoded.allSatisfy { unreserved.contains($0) || $0 == "%" })
            if text.allSatisfy(unreserved.contains) { #expect(encoded == text) }
        }
    }

    @Test func `says what to do if nothing answers`() async {
        // Port 1 needs privileges to be listened on.
        await #expect {
            try await DaemonClient(address: "127.0.0.1:1").get("status")
        } throws: { error in
            let message = (error as? DaemonClient.AnswerError)?.message ?? ""
            return message.contains("no answer from the daemon at http://127.0.0.1:1: nothing listens there")
        }
    }
}
