import OTLP
internal import NIOCore
import Support

/// Header blocks and the message of a reply.
enum GRPCReply {
    static let head = [HTTP2Field(":status", "200"), HTTP2Field("content-type", "application/grpc")]
    static let headOK = HTTP2Fields(head)
    static let trailersOK = HTTP2Fields([HTTP2Field("grpc-status", "0")])

    /// An empty `ExportTraceServiceResponse`: the prefix alone.
    static let acceptedMessage = ByteBuffer(repeating: 0, count: 5)

    static func message(_ body: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt32(truncatingIfNeeded: body.count))
        buffer.writeBytes(body)
        return buffer
    }

    /// A "Trailers-Only" reply: no message, the headers are the trailers.
    static func trailersOnly(_ status: RPCStatus) -> [HTTP2Field] {
        var fields = head
        fields.append(HTTP2Field("grpc-status", String(status.code.rawValue)))
        fields.append(HTTP2Field("grpc-message", percentEncoded(status.message), isIndexed: false))
        if status.retryAfterSeconds != nil {
            // gRPC asks for binary headers without padding.
            let details = String(decoding: Base64.text(status.body(.protobuf), isPadded: false), as: UTF8.self)
            fields.append(HTTP2Field("grpc-status-details-bin", details, isIndexed: false))
        }
        if status.code == .unimplemented {
            // gRPC's compression rules ask for this header. It does no harm if the method was unknown instead.
            fields.append(HTTP2Field("grpc-accept-encoding", "identity,gzip"))
        }
        return fields
    }

    /// A reply to a request that isn't gRPC.
    static func plain(status: Int) -> [HTTP2Field] {
        var fields = [HTTP2Field(":status", String(status))]
        if status == 405 { fields.append(HTTP2Field("allow", "POST")) }
        return fields
    }

    /// Encodes a `grpc-message`: everything but printable ASCII, and the percent sign, becomes %XX.
    static func percentEncoded(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                result.append(byte)
            } else {
                result += "%\(Hex.text(byte).uppercased())".utf8
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
