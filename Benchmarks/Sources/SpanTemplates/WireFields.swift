/// The fields of one protobuf message, in order.
package struct WireFields {
    package struct Field {
        package var number: UInt64
        /// The wire type: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes.
        package var type: UInt64
        /// The range of its value, without tag and length.
        package var value: Range<Int>
    }

    private let bytes: [UInt8]
    private var offset: Int
    private let end: Int

    package init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    package mutating func next() throws(WireError) -> Field? {
        guard offset < end else { return nil }
        let tag = try varint()
        let start = offset
        switch tag & 7 {
        case 0: _ = try varint()
        case 1: try skip(8)
        case 2:
            let length = try varint()
            let start = offset
            try skip(length)
            return Field(number: tag >> 3, type: 2, value: start..<offset)
        case 5: try skip(4)
        default: throw WireError()
        }
        return Field(number: tag >> 3, type: tag & 7, value: start..<offset)
    }

    /// Calls `body` with the range of each length-delimited field of one number.
    package static func each(
        _ number: UInt64, of bytes: [UInt8], _ range: Range<Int>,
        _ body: (Range<Int>) throws(WireError) -> Void
    ) throws(WireError) {
        var fields = WireFields(bytes, range)
        while let field = try fields.next() {
            if field.number == number, field.type == 2 { try body(field.value) }
        }
    }

    private mutating func varint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard offset < end else { throw WireError() }
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw WireError()
    }

    private mutating func skip(_ count: UInt64) throws(WireError) {
        guard count <= UInt64(end - offset) else { throw WireError() }
        offset += Int(count)
    }
}

/// The bytes are not an export request.
package struct WireError: Error, CustomStringConvertible {
    package var description: String { "the archive holds a record that is not an export request" }
}
