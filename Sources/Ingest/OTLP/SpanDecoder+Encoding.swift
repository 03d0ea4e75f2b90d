package import Engine

extension SpanDecoder {
    /// Adds the spans of a request in either encoding to a batch.
    package func decode(_ body: RawSpan, encoding: OTLPEncoding, into batch: inout SpanBatch) throws(DecodeError) {
        switch encoding {
        case .protobuf:
            try decode(body, into: &batch)
        case .json:
            let wire = try OTLPJSON.wireFormat(of: body)
            try unsafe decode(wire.span.bytes, into: &batch)
        }
    }
}
