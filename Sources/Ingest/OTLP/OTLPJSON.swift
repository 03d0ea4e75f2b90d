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
        var translation = OTLPJSONTranslation()
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
    static func keys(of json: RawSpan) -> [String] {
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
        guard case .json(let error) = code else { return description }
        if case .misspelled(let carrier) = error {
            let seen = OTLPJSON.key(before: offset, in: body)
            return "\(description); did you mean \"\(carrier.rawValue)\" instead of \"\(seen)\"?"
        }
        guard [.noSpans, .unknownDocument].contains(error) else { return description }
        let keys = OTLPJSON.keys(of: body)
        let shown = keys.prefix(Self.keysMax).map { "\"\($0.prefix(Self.keyLengthMax))\"" }
        let rest = keys.count > shown.count ? " and \(keys.count - shown.count) more" : ""
        let hint = keys.contains(where: SpanCarrier.isNearlyOne) ? "; did you mean \"resourceSpans\"?" : ""
        return "\(description); its keys are \(shown.joined(separator: ", "))\(rest)\(hint)"
    }

    private static let keysMax = 5
    private static let keyLengthMax = 40
}
