package import Support

/// Translates one request from JSON to the wire format.
package struct OTLPJSONTranslation {
    package var writer = WireWriter()
    /// Whether to accept ids in base64, as protobuf's own JSON writes them.
    let takesBase64IDs: Bool

    package init(takesBase64IDs: Bool = false) {
        self.takesBase64IDs = takesBase64IDs
    }

    /// - Parameter depth: number of attribute values around this message.
    package mutating func fields(
        of message: OTLPMessage, _ reader: inout JSONReader, depth: Int
    ) throws(DecodeError) {
        var search = SpanCarrierSearch(message)
        try reader.forEachField { (key, reader) throws(DecodeError) in
            guard let field = message.field(key) else {
                search.note(unknown: key, &reader)
                return try reader.skipValue(of: key)
            }
            search.note(field)
            try values(of: field, &reader, depth: depth)
        }
        try search.finish()
    }

    /// Translates a field's value; for a repeated field, all its values.
    package mutating func values(
        of field: OTLPMessage.Field, _ reader: inout JSONReader, depth: Int = 0
    ) throws(DecodeError) {
        guard field.isRepeated else { return try value(of: field, &reader, depth: depth) }
        try reader.forEachElement { (reader) throws(DecodeError) in
            try value(of: field, &reader, depth: depth)
        }
    }

    private mutating func value(
        of field: OTLPMessage.Field, _ reader: inout JSONReader, depth: Int
    ) throws(DecodeError) {
        switch field.type {
        case .text: writer.bytes(field.number, try reader.string())
        case .identifier: writer.bytes(field.number, try identifier(of: field, &reader))
        case .bytes: writer.bytes(field.number, try base64(&reader))
        case .int64, .uint32: writer.varint(field.number, UInt64(truncatingIfNeeded: try reader.integer()))
        case .enumeration(let names): writer.varint(field.number, try enumeration(names, &reader))
        case .fixed64: writer.fixed64(field.number, try time(&reader))
        case .fixed32: writer.fixed32(field.number, UInt32(truncatingIfNeeded: try reader.integer()))
        case .double: writer.fixed64(field.number, try reader.double().bitPattern)
        case .bool: writer.varint(field.number, try reader.boolean() ? 1 : 0)
        case .message(let message):
            let inner = depth + (message == .anyValue ? 1 : 0)
            guard inner <= AttributeValue.depthMax else { throw DecodeError(.nestedTooDeep, at: reader.offset) }
            let start = writer.begin(field.number)
            try fields(of: message, &reader, depth: inner)
            writer.end(start)
        }
    }

    /// The bytes of an id. An invalid one becomes a single byte, so that the decoder rejects only that span.
    private func identifier(
        of field: OTLPMessage.Field, _ reader: inout JSONReader
    ) throws(DecodeError) -> [UInt8] {
        let text = try reader.string()
        // 16 bytes take 32 hexadecimal digits but 24 characters of base64; 8 bytes take 16 and 12.
        let length = field.name == "traceId" ? 16 : 8
        if takesBase64IDs, text.count < 2 * length, let bytes = Base64.bytes(text), bytes.count == length {
            return bytes
        }
        return Hex.bytes(text) ?? [0]
    }

    private func base64(_ reader: inout JSONReader) throws(DecodeError) -> [UInt8] {
        guard let bytes = Base64.bytes(try reader.string()) else { throw reader.failure(.expectedBase64) }
        return bytes
    }

    private func enumeration(_ names: OTLPEnum, _ reader: inout JSONReader) throws(DecodeError) -> UInt64 {
        let start = reader.offset
        guard reader.peek() == UInt8(ascii: "\"") else {
            guard let number = Int32(exactly: try reader.integer()) else {
                throw DecodeError(.json(.unknownEnumName), at: start)
            }
            return UInt64(truncatingIfNeeded: Int64(number))
        }
        let name = String(decoding: try reader.string(), as: UTF8.self)
        guard let number = names.number(name) else { throw DecodeError(.json(.unknownEnumName), at: start) }
        return UInt64(truncatingIfNeeded: number)
    }

    /// Unix nanoseconds. An out-of-range time becomes `UInt64.max`, so that the decoder rejects only that span.
    private func time(_ reader: inout JSONReader) throws(DecodeError) -> UInt64 {
        UInt64(exactly: try reader.integer()) ?? .max
    }
}
