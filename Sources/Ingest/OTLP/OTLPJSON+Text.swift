import Support

extension OTLPJSON {
    /// A request as one line of JSON without the newline, as the OpenTelemetry Collector's file exporter writes it.
    /// Drops fields unknown to OTLP and replaces invalid UTF-8 with U+FFFD.
    ///
    /// - Throws: `DecodeError` for everything that `SpanDecoder` refuses.
    package static func text(of message: RawSpan) throws(DecodeError) -> [UInt8] {
        try text(of: .request, WireReader(message), depth: 0)
    }

    private static func text(
        of message: OTLPMessage, _ contents: WireReader, depth: Int
    ) throws(DecodeError) -> [UInt8] {
        guard depth <= AttributeValue.depthMax else { throw DecodeError(.nestedTooDeep, at: contents.offset) }
        let fields = message.fields
        var values = [[UInt8]?](repeating: nil, count: fields.count)
        var reader = contents
        while !reader.isAtEnd {
            let tag = try reader.tag()
            guard let index = fields.firstIndex(where: { $0.tag == tag }) else {
                let known = fields.reduce(UInt32(0)) { $0 | 1 << UInt32($1.number) }
                try reader.skipOther(tag, known: known)
                continue
            }
            let value = try value(of: fields[index], &reader, depth: depth)
            // `AnyValue` is a oneof: the last field wins.
            if message == .anyValue { values = [[UInt8]?](repeating: nil, count: fields.count) }
            if fields[index].isRepeated, values[index] != nil {
                values[index]?.append(UInt8(ascii: ","))
                values[index]?.append(contentsOf: value)
            } else {
                values[index] = value
            }
        }
        return object(fields, values)
    }

    private static func object(_ fields: [OTLPMessage.Field], _ values: [[UInt8]?]) -> [UInt8] {
        var text = [UInt8(ascii: "{")]
        for (field, value) in zip(fields, values) {
            guard let value else { continue }
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            text += Array("\"\(field.name)\":".utf8)
            text += field.isRepeated ? [UInt8(ascii: "[")] + value + [UInt8(ascii: "]")] : value
        }
        return text + [UInt8(ascii: "}")]
    }

    private static func value(
        of field: OTLPMessage.Field, _ reader: inout WireReader, depth: Int
    ) throws(DecodeError) -> [UInt8] {
        switch field.type {
        case .text: return JSONString.quoted(String(decoding: bytes(reader.bytes, try reader.range()), as: UTF8.self))
        case .identifier:
            return quote(Hex.text(bytes(reader.bytes, try reader.range())))
        case .bytes: return quote(Base64.text(bytes(reader.bytes, try reader.range())))
        case .int64: return quote(Array("\(Int64(bitPattern: try reader.varint()))".utf8))
        case .uint32: return Array("\(UInt32(truncatingIfNeeded: try reader.varint()))".utf8)
        case .enumeration: return Array("\(Int32(truncatingIfNeeded: try reader.varint()))".utf8)
        case .fixed64: return quote(Array("\(try reader.fixed64())".utf8))
        case .fixed32: return Array("\(try reader.fixed32())".utf8)
        case .double: return number(Double(bitPattern: try reader.fixed64()))
        case .bool: return Array((try reader.varint() != 0 ? "true" : "false").utf8)
        case .message(let message):
            return try text(of: message, reader.message(), depth: depth + (message == .anyValue ? 1 : 0))
        }
    }

    private static func number(_ value: Double) -> [UInt8] {
        if value.isNaN { return Array("\"NaN\"".utf8) }
        if value.isInfinite { return Array((value < 0 ? "\"-Infinity\"" : "\"Infinity\"").utf8) }
        return Array("\(value)".utf8)
    }

    private static func bytes(_ body: RawSpan, _ range: Range<Int>) -> [UInt8] {
        unsafe body.extracting(range).withUnsafeBytes { unsafe Array($0) }
    }

    private static func quote(_ text: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")]
    }
}

extension OTLPMessage.Field {
    /// Field number and wire type.
    fileprivate var tag: WireReader.Tag {
        let type: UInt64 =
            switch self.type {
            case .text, .identifier, .bytes, .message: 2
            case .int64, .uint32, .enumeration, .bool: 0
            case .fixed64, .double: 1
            case .fixed32: 5
            }
        return UInt64(number) << 3 | type
    }
}
