import Support

/// Translates OTLP/JSON into the protobuf wire format, so that a single decoder decides what is accepted and archives
/// hold a single form.
///
/// Source: the OTLP specification, "JSON Protobuf Encoding": ids in hexadecimal, enums as integers, 64-bit integers as
/// strings or numbers, unknown fields ignored. Also accepts what protobuf's own JSON may contain: snake_case names and
/// names of enum values.
package enum OTLPJSON {
    /// The wire form of an `ExportTraceServiceRequest` or `TracesData` in JSON. An empty object is an empty request. An
    /// object with other keys but no `resourceSpans` is refused.
    package static func wireFormat(of json: RawSpan) throws(DecodeError) -> [UInt8] {
        var reader = JSONReader(json)
        var translation = OTLPTranslation()
        var (hasSpans, hasOther) = (false, false)
        try reader.forEachKey { (key, reader) throws(DecodeError) in
            let field = OTLPMessage.request.field(key)
            if field == nil { hasOther = true } else { hasSpans = true }
            if try reader.skipNull() { return }
            guard let field else { return try reader.skipValue(of: key) }
            try translation.values(of: field, &reader)
        }
        guard reader.peek() == nil else { throw reader.failure(.trailingText) }
        guard hasSpans || !hasOther else { throw DecodeError(.json(.noSpans), at: 0) }
        return translation.writer.bytes
    }

    /// The keys of an object, up to the first syntax error.
    package static func keys(of json: RawSpan) -> [String] {
        var keys: [String] = []
        var reader = JSONReader(json)
        try? reader.forEachKey { (key, reader) throws(DecodeError) in
            keys.append(key)
            try reader.skipValue(of: key)
        }
        return keys
    }

    /// The key of the value at an offset, as written.
    static func key(before offset: Int, in json: RawSpan) -> String {
        var bytes: [UInt8] = []
        let end = min(max(offset, 0), json.byteCount)
        for index in max(end - keyReach, 0)..<end {
            bytes.append(unsafe json.unsafeLoad(fromByteOffset: index, as: UInt8.self))
        }
        let parts = bytes.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
        return String(decoding: parts.dropLast().last ?? [], as: UTF8.self)
    }

    /// In bytes; enough for a misspelled name and the white space after it.
    private static let keyReach = 256
}

extension DecodeError {
    /// The error, and what the body contains instead of spans.
    package func description(of body: RawSpan) -> String {
        guard case .json(let fault) = code else { return description }
        if case .misspelled(let carrier) = fault {
            let seen = OTLPJSON.key(before: offset, in: body)
            return "\(description); did you mean \"\(carrier.rawValue)\" instead of \"\(seen)\"?"
        }
        guard [.noSpans, .unknownDocument].contains(fault) else { return description }
        let keys = OTLPJSON.keys(of: body)
        let shown = keys.prefix(Self.keysMax).map { "\"\($0.prefix(Self.keyLengthMax))\"" }
        let rest = keys.count > shown.count ? " and \(keys.count - shown.count) more" : ""
        let hint = keys.contains(where: SpanCarrier.isNearlyOne) ? "; did you mean \"resourceSpans\"?" : ""
        return "\(description); its keys are \(shown.joined(separator: ", "))\(rest)\(hint)"
    }

    private static let keysMax = 5
    private static let keyLengthMax = 40
}

/// Translates one request from JSON to the wire format.
package struct OTLPTranslation {
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
        guard reader.peek() == UInt8(ascii: "\"") else { return UInt64(truncatingIfNeeded: try reader.integer()) }
        let start = reader.offset
        let name = String(decoding: try reader.string(), as: UTF8.self)
        guard let number = names.number(name) else { throw DecodeError(.json(.unknownEnumName), at: start) }
        return UInt64(truncatingIfNeeded: number)
    }

    /// Unix nanoseconds. An out-of-range time becomes `UInt64.max`, so that the decoder rejects only that span.
    private func time(_ reader: inout JSONReader) throws(DecodeError) -> UInt64 {
        UInt64(exactly: try reader.integer()) ?? .max
    }
}
