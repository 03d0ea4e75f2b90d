/// Validates nested values with an explicit stack, so that input can't overflow the thread's stack.
enum NestedValues {
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
