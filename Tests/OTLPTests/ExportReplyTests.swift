import COTLP
import OTLP
import Testing

@Suite struct `export replies` {
    private func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a full success is empty`() {
        #expect(ExportReply.accepted(.protobuf).isEmpty)
        #expect(text(ExportReply.accepted(.json)) == "{}")
    }

    @Test func `a partial success says how many spans were rejected and why`() {
        let packed = ExportReply.partial(rejectedSpans: 300, message: "é", encoding: .protobuf)
        // partial_success (1) { rejected_spans (1): 300, error_message (2): "é" }
        #expect(packed == [0x0A, 7, 0x08, 0xAC, 0x02, 0x12, 2, 0xC3, 0xA9])
        #expect(
            text(ExportReply.partial(rejectedSpans: 300, message: "a\"b\\\n", encoding: .json))
                == #"{"partialSuccess":{"rejectedSpans":"300","errorMessage":"a\"b\\\u000a"}}"#)
    }

    @Test func `a status carries code and message`() {
        // code (1): 3, message (2): "no"
        #expect(
            ExportReply.status(code: 3, message: "no", encoding: .protobuf) == [0x08, 3, 0x12, 2, 0x6E, 0x6F])
        #expect(
            text(ExportReply.status(code: 3, message: "no", encoding: .json)) == #"{"code":3,"message":"no"}"#
        )
    }

    @Test func `a status that asks to retry carries RetryInfo`() {
        let type = Array("type.googleapis.com/google.rpc.RetryInfo".utf8)
        let packed = ExportReply.status(code: 14, message: "", retryAfterSeconds: 5, encoding: .protobuf)
        // code (1): 14, details (3): Any { type_url (1), value (2): RetryInfo { retry_delay (1) { seconds (1): 5 } } }
        let any = [0x0A, UInt8(type.count)] + type + [0x12, 4, 0x0A, 2, 0x08, 5]
        #expect(packed == [0x08, 14, 0x1A, UInt8(any.count)] + any)
        let json = text(ExportReply.status(code: 14, message: "", retryAfterSeconds: 5, encoding: .json))
        let detail = #"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"5s"}"#
        #expect(json == #"{"code":14,"message":"","details":[\#(detail)]}"#)
    }

    @Test func `a NUL ends a message and harms nothing`() {
        #expect(
            ExportReply.status(code: 3, message: "n\0o", encoding: .protobuf) == [0x08, 3, 0x12, 1, 0x6E])
    }
}
