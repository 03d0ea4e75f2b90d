/// What walking over the fields of a body reveals, independently of both decoders: how deep values nest, and whether
/// it contains anything that the two are known to treat differently.
///
/// The walk continues after a fault in a message, and keeps its own stack.
package struct WireShape {
    /// How deep `AnyValue` messages nest; the value of an attribute counts as 1.
    package private(set) var valueDepth = 0
    /// A field number of 0, or a tag of more than 32 bits.
    package private(set) var hasInvalidTag = false
    /// A length in more than five bytes, which libprotobuf-c doesn't read.
    package private(set) var hasLongLength = false
    /// A `bool_value` that isn't a varint. libprotobuf-c accepts a bool of any wire type.
    package private(set) var hasOddBool = false
    /// A span with several `status` fields. Protobuf merges them; libprotobuf-c forgets the code of the earlier ones.
    package private(set) var hasSeveralStatuses = false

    /// An attribute with several `value` fields. libprotobuf-c refuses them if the one before was empty.
    package private(set) var hasSeveralValues = false

    private enum Message {
        case request, resourceSpans, resource, scopeSpans, scope, span, event, link, status, pair, value, array, list

        /// The message that a field of this one contains, if any.
        func inner(_ field: UInt64) -> Message? {
            switch (self, field) {
            case (.request, 1): .resourceSpans
            case (.resourceSpans, 1): .resource
            case (.resourceSpans, 2): .scopeSpans
            case (.scopeSpans, 1): .scope
            case (.scopeSpans, 2): .span
            case (.span, 11): .event
            case (.span, 13): .link
            case (.span, 15): .status
            case (.resource, 1), (.scope, 3), (.span, 9), (.event, 3), (.link, 4), (.list, 1): .pair
            case (.pair, 2), (.array, 1): .value
            case (.value, 5): .array
            case (.value, 6): .list
            default: nil
            }
        }
    }

    private struct Frame {
        var message: Message
        var offset: Int
        var end: Int
        var valueDepth: Int
        /// The number of `status` fields of a span, or `value` fields of a key-value pair.
        var singles = 0
    }

    package init(_ body: RawSpan) {
        var stack = [Frame(message: .request, offset: 0, end: body.byteCount, valueDepth: 0)]
        while var frame = stack.popLast() {
            guard let field = nextField(of: &frame, in: body) else { continue }
            if field.inner == .status || frame.message == .pair && field.inner == .value { frame.singles += 1 }
            if frame.singles > 1, frame.message == .span { hasSeveralStatuses = true }
            if frame.singles > 1, frame.message == .pair { hasSeveralValues = true }
            stack.append(frame)
            guard let inner = field.inner else { continue }
            let depth = frame.valueDepth + (inner == .value ? 1 : 0)
            valueDepth = max(valueDepth, depth)
            stack.append(
                Frame(
                    message: inner, offset: field.contents.lowerBound, end: field.contents.upperBound,
                    valueDepth: depth))
        }
    }

    /// The contents of the message's next field; nil at its end, or if the rest can't be read.
    private mutating func nextField(
        of frame: inout Frame, in body: RawSpan
    ) -> (inner: Message?, contents: Range<Int>)? {
        let start = frame.offset
        guard frame.offset < frame.end, let tag = Self.varint(&frame, body) else { return nil }
        if tag < 8 || tag > UInt64(UInt32.max) || frame.offset - start > 5 { hasInvalidTag = true }
        // libprotobuf-c drops the bits above 32 in the same way.
        let field = UInt64(UInt32(truncatingIfNeeded: tag) >> 3)
        if frame.message == .value, field == 2, tag & 7 != 0 { hasOddBool = true }
        let contents: Range<Int>
        switch tag & 7 {
        case 0:
            guard Self.varint(&frame, body) != nil else { return nil }
            return (nil, 0..<0)
        case 1: contents = frame.offset..<frame.offset + 8
        case 5: contents = frame.offset..<frame.offset + 4
        case 2:
            let start = frame.offset
            guard let length = Self.varint(&frame, body) else { return nil }
            if frame.offset - start > 5 { hasLongLength = true }
            guard length <= UInt64(frame.end - frame.offset) else { return nil }
            contents = frame.offset..<frame.offset + Int(length)
        default: return nil
        }
        guard contents.upperBound <= frame.end else { return nil }
        frame.offset = contents.upperBound
        return (tag & 7 == 2 ? frame.message.inner(field) : nil, contents)
    }

    private static func varint(_ frame: inout Frame, _ body: RawSpan) -> UInt64? {
        var value: UInt64 = 0
        for index in 0..<10 {
            guard frame.offset < frame.end else { return nil }
            let byte = unsafe body.unsafeLoad(fromByteOffset: frame.offset, as: UInt8.self)
            frame.offset += 1
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 { return value }
        }
        return nil
    }
}
