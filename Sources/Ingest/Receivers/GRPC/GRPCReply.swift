import OTLP
internal import NIOCore
import NIOHPACK
import Support

/// Header blocks and the message of a reply.
enum GRPCReply {
    static let head: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]
    static let trailersOK: HPACKHeaders = ["grpc-status": "0"]

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
    static func trailersOnly(_ status: RPCStatus) -> HPACKHeaders {
        var headers = head
        headers.add(name: "grpc-status", value: String(status.code.rawValue))
        headers.add(name: "grpc-message", value: percentEncoded(status.message), indexing: .nonIndexable)
        if status.retryAfterSeconds != nil {
            // gRPC asks for binary headers without padding.
            let details = String(decoding: Base64.text(status.body(.protobuf), isPadded: false), as: UTF8.self)
            headers.add(name: "grpc-status-details-bin", value: details, indexing: .nonIndexable)
        }
        if status.code == .unimplemented {
            // gRPC's compression rules ask for this header. It does no harm if the method was unknown instead.
            headers.add(name: "grpc-accept-encoding", value: "identity,gzip")
        }
        return headers
    }

    /// A reply to a request that isn't gRPC.
    static func plain(status: Int) -> HPACKHeaders {
        var headers: HPACKHeaders = [":status": String(status)]
        if status == 405 { headers.add(name: "allow", value: "POST") }
        return headers
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
