/// An attribute on the wire: the range of its key, and the part of its value that we need.
///
/// Every byte is validated, including nested values, but only strings and integers are kept.
struct Attribute {
    var key: Range<Int> = 0..<0
    var value = AttributeValue.other

    @inline(never)
    static func read(_ message: WireReader) throws(DecodeError) -> Attribute {
        var reader = message
        var attribute = Attribute()
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A: attribute.key = try reader.range()
            case 0x12: try attribute.value.read(reader.message())
            default: try reader.skipOther(tag, known: 0b110)
            }
        }
        return attribute
    }
}

enum AttributeValue {
    case text(Range<Int>)
    case integer(Int64)
    case other

    /// Deeper nesting is refused. OTLP sets no limit; most protobuf parsers allow 100.
    static let depthMax = 100

    /// Reads an `AnyValue` message. If it has several values, the last one wins.
    mutating func read(_ message: WireReader) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A: self = try .text(reader.range())
            case 0x18: self = try .integer(Int64(bitPattern: reader.varint()))
            case 0x10:
                _ = try reader.varint()
                self = .other
            case 0x21:
                try reader.skip(8)
                self = .other
            case 0x3A:
                _ = try reader.range()
                self = .other
            case 0x2A:
                try NestedValues.check(reader.message(), as: .array)
                self = .other
            case 0x32:
                try NestedValues.check(reader.message(), as: .list)
                self = .other
            default: try reader.skipOther(tag, known: 0b1111_1110)
            }
        }
    }
}
