internal import COTLP
import Support

/// Encoding of the body of an Export call.
package enum OTLPEncoding: Sendable {
    case protobuf
    case json
}

/// Bodies of replies to Export calls. libprotobuf-c packs the protobuf; the JSON follows the protobuf JSON mapping as
/// far as OTLP uses it (64-bit integers as strings, keys in lowerCamelCase).
package enum ExportReply {
    /// `ExportTraceServiceResponse` for full success: `partial_success` stays unset, so the message is empty.
    package static func accepted(_ encoding: OTLPEncoding) -> [UInt8] {
        switch encoding {
        case .protobuf: []
        case .json: emptyObject
        }
    }

    private static let emptyObject = Array("{}".utf8)

    /// `ExportTraceServiceResponse` with `partial_success` set.
    package static func partial(rejectedSpans: Int, message: String, encoding: OTLPEncoding) -> [UInt8] {
        switch encoding {
        case .protobuf:
            return partialMessage(rejectedSpans: Int64(rejectedSpans), message: message)
        case .json:
            let quoted = String(decoding: JSONString.quoted(message), as: UTF8.self)
            let partial = #"{"rejectedSpans":"\#(rejectedSpans)","errorMessage":\#(quoted)}"#
            return Array(#"{"partialSuccess":\#(partial)}"#.utf8)
        }
    }

    /// `google.rpc.Status`; with `retryAfterSeconds` it carries a `google.rpc.RetryInfo`.
    package static func status(
        code: Int32, message: String, retryAfterSeconds: Int? = nil, encoding: OTLPEncoding
    ) -> [UInt8] {
        switch encoding {
        case .protobuf:
            guard let seconds = retryAfterSeconds else {
                return statusMessage(code: code, message: message)
            }
            return statusMessage(code: code, message: message, retryInfo: retryInfo(seconds: Int64(seconds)))
        case .json:
            let start = #"{"code":\#(code),"message":\#(String(decoding: JSONString.quoted(message), as: UTF8.self))"#
            guard let seconds = retryAfterSeconds else { return Array("\(start)}".utf8) }
            let detail = #"{"@type":"\#(retryInfoType)","retryDelay":"\#(seconds)s"}"#
            return Array(#"\#(start),"details":[\#(detail)]}"#.utf8)
        }
    }

    private static let retryInfoType = "type.googleapis.com/google.rpc.RetryInfo"
}

// The C structures below live on the stack, point to each other only inside the closures, and are read only by the pack
// call at the bottom.
extension ExportReply {
    private static func partialMessage(rejectedSpans: Int64, message: String) -> [UInt8] {
        unsafe withCharacters(message) { characters in
            var partial = unsafe Faultline__Otlp__ExportTracePartialSuccess()
            unsafe faultline__otlp__export_trace_partial_success__init(&partial)
            unsafe partial.rejected_spans = rejectedSpans
            unsafe partial.error_message = characters
            return unsafe withUnsafeMutablePointer(to: &partial) { partial in
                var response = unsafe Faultline__Otlp__ExportTraceServiceResponse()
                unsafe faultline__otlp__export_trace_service_response__init(&response)
                unsafe response.partial_success = partial
                return unsafe packed(
                    &response, faultline__otlp__export_trace_service_response__get_packed_size,
                    faultline__otlp__export_trace_service_response__pack)
            }
        }
    }

    private static func statusMessage(code: Int32, message: String) -> [UInt8] {
        unsafe withCharacters(message) { characters in
            var status = unsafe Faultline__Otlp__RPCStatus()
            unsafe faultline__otlp__rpcstatus__init(&status)
            unsafe status.code = code
            unsafe status.message = characters
            return unsafe packed(
                &status, faultline__otlp__rpcstatus__get_packed_size, faultline__otlp__rpcstatus__pack)
        }
    }

    private static func statusMessage(code: Int32, message: String, retryInfo: [UInt8]) -> [UInt8] {
        var retryInfo = retryInfo
        return unsafe withCharacters(message) { characters in
            unsafe withCharacters(retryInfoType) { type in
                unsafe retryInfo.withUnsafeMutableBufferPointer { value in
                    var detail = unsafe Faultline__Otlp__Any()
                    unsafe faultline__otlp__any__init(&detail)
                    unsafe detail.type_url = type
                    unsafe detail.value = ProtobufCBinaryData(len: value.count, data: value.baseAddress)
                    return unsafe withUnsafeMutablePointer(to: &detail) { detail in
                        var details: UnsafeMutablePointer<Faultline__Otlp__Any>? = unsafe detail
                        return unsafe withUnsafeMutablePointer(to: &details) { details in
                            var status = unsafe Faultline__Otlp__RPCStatus()
                            unsafe faultline__otlp__rpcstatus__init(&status)
                            unsafe status.code = code
                            unsafe status.message = characters
                            unsafe status.n_details = 1
                            unsafe status.details = details
                            return unsafe packed(
                                &status, faultline__otlp__rpcstatus__get_packed_size,
                                faultline__otlp__rpcstatus__pack)
                        }
                    }
                }
            }
        }
    }

    private static func retryInfo(seconds: Int64) -> [UInt8] {
        var delay = unsafe Faultline__Otlp__Duration()
        unsafe faultline__otlp__duration__init(&delay)
        unsafe delay.seconds = seconds
        return unsafe withUnsafeMutablePointer(to: &delay) { delay in
            var retry = unsafe Faultline__Otlp__RetryInfo()
            unsafe faultline__otlp__retry_info__init(&retry)
            unsafe retry.retry_delay = delay
            return unsafe packed(
                &retry, faultline__otlp__retry_info__get_packed_size, faultline__otlp__retry_info__pack)
        }
    }

    /// The C structures declare `char *`, but packing only reads. `text` ends at its first NUL.
    private static func withCharacters<Result>(
        _ text: String, _ body: (UnsafeMutablePointer<CChar>) -> Result
    ) -> Result {
        unsafe text.withCString { unsafe body(UnsafeMutablePointer(mutating: $0)) }
    }

    private static func packed<Message>(
        _ message: inout Message, _ size: (UnsafePointer<Message>?) -> Int,
        _ pack: (UnsafePointer<Message>?, UnsafeMutablePointer<UInt8>?) -> Int
    ) -> [UInt8] {
        unsafe withUnsafePointer(to: &message) { message in
            unsafe [UInt8](unsafeUninitializedCapacity: size(message)) { buffer, count in
                count = unsafe pack(message, buffer.baseAddress)
            }
        }
    }
}
