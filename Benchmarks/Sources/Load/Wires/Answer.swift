import NIOCore
import SpanTemplates

/// What became of a request.
enum Answer: Sendable {
    case accepted
    /// The daemon took the request but not all of its spans.
    case partial(rejectedSpans: Int)
    /// The status, as it is shown: `gRPC status 14`.
    case refused(String)
    /// The stream or the connection ended before there was an answer.
    case lost

    /// Reads an `ExportTraceServiceResponse`: `partial_success` (1) with `rejected_spans` (1).
    init(response: ByteBuffer) {
        let bytes = Array(response.readableBytesView)
        var rejected = 0
        do throws(WireFault) {
            try WireFields.each(1, of: bytes, 0..<bytes.count) { (partial) throws(WireFault) in
                var fields = WireFields(bytes, partial)
                while let field = try fields.next() {
                    guard field.number == 1, field.type == 0 else { continue }
                    rejected = bytes[field.value].reversed().reduce(0) { $0 << 7 | Int($1 & 0x7F) }
                }
            }
            self = rejected == 0 ? .accepted : .partial(rejectedSpans: rejected)
        } catch {
            self = .refused("an answer that is no ExportTraceServiceResponse")
        }
    }
}
