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

/// Validates nested values with an explicit stack, so that input can't overflow the thread's stack.
private enum NestedValues {
    enum Message {
        /// `ArrayValue`
        case array
        /// `KeyValueList`
        case list
        /// `KeyValue`
        case pair
        /// `AnyValue`
        case value
    }

    private struct Frame {
        var message: Message
        var end: Int
    }

    static func check(_ contents: WireReader, as message: Message) throws(DecodeError) {
        let bytes = contents.bytes
        var offset = contents.offset
        var stack = [Frame(message: message, end: contents.end)]
        // The value that contains this array or list counts as the first.
        var depth = 1
        while let frame = stack.last {
            if offset >= frame.end {
                if frame.message == .value { depth -= 1 }
                stack.removeLast()
                continue
            }
            var reader = WireReader(bytes, from: offset, to: frame.end)
            let tag = try reader.tag()
            if let inner = inner(of: frame.message, tag) {
                let contents = try reader.range()
                offset = contents.lowerBound
                stack.append(Frame(message: inner, end: contents.upperBound))
                if inner == .value { depth += 1 }
                guard depth <= AttributeValue.depthMax else { throw DecodeError(.nestedTooDeep, at: offset) }
            } else {
                try skip(tag, in: frame.message, &reader)
                offset = reader.offset
            }
        }
    }

    /// The kind of message that a field contains; nil if it isn't a message.
    private static func inner(of message: Message, _ tag: WireReader.Tag) -> Message? {
        switch (message, tag) {
        case (.array, 0x0A), (.pair, 0x12): .value
        case (.list, 0x0A): .pair
        case (.value, 0x2A): .array
        case (.value, 0x32): .list
        default: nil
        }
    }

    private static func skip(
        _ tag: WireReader.Tag, in message: Message, _ reader: inout WireReader
    ) throws(DecodeError) {
        switch (message, tag) {
        case (.pair, 0x0A), (.value, 0x0A), (.value, 0x3A): _ = try reader.range()
        case (.value, 0x10), (.value, 0x18): _ = try reader.varint()
        case (.value, 0x21): try reader.skip(8)
        case (.array, _), (.list, _): try reader.skipOther(tag, known: 0b10)
        case (.pair, _): try reader.skipOther(tag, known: 0b110)
        case (.value, _): try reader.skipOther(tag, known: 0b1111_1110)
        }
    }
}
