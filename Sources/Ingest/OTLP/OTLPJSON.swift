/// Translates OTLP in JSON into the protobuf wire format, so that one decoder decides what is accepted and archives hold
/// one form.
///
/// Source: the OTLP specification, "JSON Protobuf Encoding": ids in hexadecimal, enums as integers, 64-bit integers as
/// text or number, unknown fields ignored.
package enum OTLPJSON {
    /// The wire form of an `ExportTraceServiceRequest` or `TracesData` in JSON.
    package static func wireFormat(of json: RawSpan) throws(DecodeError) -> [UInt8] {
        var reader = JSONReader(json)
        var writer = WireWriter()
        try fields(of: .request, &reader, depth: 0, to: &writer)
        guard reader.peek() == nil else { throw reader.failure(.trailingText) }
        return writer.bytes
    }

    /// - Parameter depth: attribute values that this message is within.
    private static func fields(
        of message: OTLPMessage, _ reader: inout JSONReader, depth: Int, to writer: inout WireWriter
    ) throws(DecodeError) {
        try reader.forEachField { (key, reader) throws(DecodeError) in
            guard let field = message.field(key) else { return try reader.skipValue(of: key) }
            guard field.isRepeated else { return try value(of: field, &reader, depth: depth, to: &writer) }
            try reader.forEachElement { (reader) throws(DecodeError) in
                try value(of: field, &reader, depth: depth, to: &writer)
            }
        }
    }

    private static func value(
        of field: OTLPMessage.Field, _ reader: inout JSONReader, depth: Int, to writer: inout WireWriter
    ) throws(DecodeError) {
        switch field.type {
        case .text: writer.bytes(field.number, try reader.string())
        case .identifier: writer.bytes(field.number, try identifier(&reader))
        case .bytes: writer.bytes(field.number, try base64(&reader))
        case .int64, .uint32: writer.varint(field.number, UInt64(truncatingIfNeeded: try reader.integer()))
        case .enumeration: writer.varint(field.number, try enumeration(&reader))
        case .fixed64: writer.fixed64(field.number, try time(&reader))
        case .fixed32: writer.fixed32(field.number, UInt32(truncatingIfNeeded: try reader.integer()))
        case .double: writer.fixed64(field.number, try reader.double().bitPattern)
        case .bool: writer.varint(field.number, try reader.boolean() ? 1 : 0)
        case .message(let message):
            let inner = depth + (message == .anyValue ? 1 : 0)
            guard inner <= AttributeValue.depthMax else { throw DecodeError(.nestedTooDeep, at: reader.offset) }
            let start = writer.begin(field.number)
            try fields(of: message, &reader, depth: inner, to: &writer)
            writer.end(start)
        }
    }

    /// An id's bytes. What is no hexadecimal becomes one byte, for which the decoder rejects the span alone.
    private static func identifier(_ reader: inout JSONReader) throws(DecodeError) -> [UInt8] {
        return Hex.bytes(try reader.string()) ?? [0]
    }

    private static func base64(_ reader: inout JSONReader) throws(DecodeError) -> [UInt8] {
        guard let bytes = Base64.bytes(try reader.string()) else { throw reader.failure(.expectedBase64) }
        return bytes
    }

    private static func enumeration(_ reader: inout JSONReader) throws(DecodeError) -> UInt64 {
        if reader.peek() == UInt8(ascii: "\"") { throw reader.failure(.enumAsText) }
        return UInt64(truncatingIfNeeded: try reader.integer())
    }

    /// Unix nanoseconds; what doesn't fit becomes the largest number, for which the decoder rejects the span alone.
    private static func time(_ reader: inout JSONReader) throws(DecodeError) -> UInt64 {
        UInt64(exactly: try reader.integer()) ?? .max
    }
}
