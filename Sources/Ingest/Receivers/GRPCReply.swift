import OTLP
internal import NIOCore
package import NIOHPACK
import Support

/// The header blocks and message that answer a call.
package enum GRPCReply {
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

    /// A reply without a message, in which the headers are the trailers.
    package static func trailersOnly(_ status: RPCStatus) -> HPACKHeaders {
        var headers = head
        headers.add(name: "grpc-status", value: String(status.code.rawValue))
        headers.add(name: "grpc-message", value: percentEncoded(status.message), indexing: .nonIndexable)
        if status.retryAfterSeconds != nil {
            // gRPC asks senders of binary headers to leave out the padding.
            let details = String(decoding: Base64.text(status.body(.protobuf), isPadded: false), as: UTF8.self)
            headers.add(name: "grpc-status-details-bin", value: details, indexing: .nonIndexable)
        }
        if status.code == .unimplemented {
            // Asked for by gRPC's compression rules; harmless where the method was the unknown thing.
            headers.add(name: "grpc-accept-encoding", value: "identity,gzip")
        }
        return headers
    }

    /// A reply to what was no gRPC at all.
    static func plain(status: Int) -> HPACKHeaders {
        var headers: HPACKHeaders = [":status": String(status)]
        if status == 405 { headers.add(name: "allow", value: "POST") }
        return headers
    }

    /// `grpc-message` holds printable ASCII; other bytes of the UTF-8 text, and the percent sign, as %XX.
    package static func percentEncoded(_ text: String) -> String {
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
