import Testing

@testable import Receivers

@Suite struct `gRPC request headers` {
    private func head(_ changes: [String: String?] = [:]) throws(GRPCHeadError) -> GRPCRequestHead {
        var fields: [String: String] = [
            ":method": "POST", ":scheme": "http", ":path": GRPCRequestHead.path, "te": "trailers",
            "content-type": "application/grpc",
        ]
        for (name, value) in changes { fields[name] = value }
        var taken = GRPCRequestFields()
        for (name, value) in fields { taken.take(name) { value } }
        return try GRPCRequestHead(taken)
    }

    private func refusal(_ changes: [String: String?]) -> GRPCHeadError? {
        do throws(GRPCHeadError) {
            _ = try head(changes)
            return nil
        } catch {
            return error
        }
    }

    @Test func `what exporters send is taken`() throws {
        #expect(try head().compression == .identity)
        #expect(try head(["grpc-encoding": "gzip"]).compression == .gzip)
        #expect(try head(["grpc-encoding": "identity"]).compression == .identity)
        #expect(try head(["content-type": "application/grpc+proto"]).timeoutSeconds == nil)
        #expect(try head(["grpc-timeout": "10S"]).timeoutSeconds == 10)
    }

    @Test func `a request that isn't gRPC gets an HTTP status`() {
        #expect(refusal([":method": "GET"]) == .http(405, .wrongMethod))
        #expect(refusal(["content-type": "text/plain"]) == .http(415, .wrongContentType))
        #expect(refusal(["content-type": "application/grpc-web"]) == .http(415, .wrongContentType))
        #expect(refusal(["content-type": nil]) == .http(415, .wrongContentType))
    }

    @Test func `unknown methods and compressions are unimplemented`() {
        for (change, wanted) in [
            ([":path": "/other.Service/Export"], RefusalReason.unknownPath),
            (["grpc-encoding": "zstd"], .unknownEncoding),
        ] {
            guard case .status(let status, let reason)? = refusal(change) else {
                Issue.record("\(change) was taken")
                continue
            }
            #expect(status.code == .unimplemented)
            #expect(reason == wanted)
        }
    }

    @Test(
        arguments: [
            ("1S", 1), ("90S", 90), ("2M", 120), ("1H", 3_600), ("1m", 1), ("1500m", 2), ("5u", 1),
            ("99999999n", 1),
            ("99999999H", 359_999_996_400), ("", nil), ("S", nil), ("10", nil), ("-1S", nil),
            ("123456789S", nil),
            ("1x", nil), ("１S", nil),
        ] as [(String, Int?)])
    func `timeouts are read, malformed ones are ignored`(text: String, seconds: Int?) {
        #expect(GRPCRequestHead.seconds(timeout: text) == seconds)
    }

    @Test func `messages are percent-encoded and bounded`() {
        #expect(GRPCReply.percentEncoded("a 100% é\n") == "a 100%25 %C3%A9%0A")
        let long = RPCStatus(.internal, String(repeating: "x", count: 10_000))
        #expect(long.message.utf8.count < 500)
    }

    @Test func `only a status that asks to retry carries details`() {
        let busy = RPCStatus(.unavailable, "busy", retryAfterSeconds: 1)
        #expect(GRPCReply.trailersOnly(busy).contains { $0.name == "grpc-status-details-bin" })
        let tooLarge = RPCStatus(.resourceExhausted, "too large")
        #expect(!GRPCReply.trailersOnly(tooLarge).contains { $0.name == "grpc-status-details-bin" })
    }
}
