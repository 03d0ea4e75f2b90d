internal import Engine
import OTLP

extension SpanDecoder {
    /// Adds the spans of an archive's record to a batch.
    ///
    /// - Parameter omissions: is told what of it could not be taken over.
    func decode(
        record: RawSpan, encoding: OTLPEncoding, into batch: inout SpanBatch, _ omissions: inout Omissions
    ) throws(DecodeError) {
        switch encoding {
        case .protobuf:
            try decode(record, into: &batch)
        case .json:
            let message = try TraceDocument.message(of: record, &omissions)
            try unsafe decode(message.span.bytes, into: &batch)
        }
    }
}
