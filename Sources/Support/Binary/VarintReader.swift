/// Reads numbers and bytes that `[UInt8].appendVarint` and its like have written, front to back. Every access is checked.
package struct VarintReader {
    private let bytes: [UInt8]
    private var offset = 0

    /// The bytes end too early, or a number is too large.
    package struct MalformedError: Error {
        package init() {}
    }

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var isAtEnd: Bool { offset == bytes.count }

    /// A varint of at most as many bits as the type has.
    package mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
        _: Number.Type = UInt64.self
    ) throws(MalformedError) -> Number {
        var value: Number = 0
        var shift = 0
        while offset < bytes.count, shift < Number.bitWidth {
            let byte = bytes[offset]
            offset += 1
            let bits = Number(byte & 0x7F)
            guard (bits << shift) >> shift == bits else { throw MalformedError() }
            value |= bits << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw MalformedError()
    }

    /// A varint that fits an index.
    package mutating func count() throws(MalformedError) -> Int {
        guard let count = Int(exactly: try number()) else { throw MalformedError() }
        return count
    }

    mutating func bytes(_ count: Int) throws(MalformedError) -> [UInt8] {
        guard count <= bytes.count - offset else { throw MalformedError() }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// Bytes with their number before them.
    package mutating func counted() throws(MalformedError) -> [UInt8] { try bytes(count()) }

    /// Text with the number of its UTF-8 bytes before it. U+FFFD replaces what isn't UTF-8.
    package mutating func text() throws(MalformedError) -> String { String(decoding: try counted(), as: UTF8.self) }
}

extension [UInt8] {
    /// Appends bytes with their number before them.
    package mutating func append(counted bytes: some Collection<UInt8>) {
        appendVarint(UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    /// Appends text with the number of its UTF-8 bytes before it.
    package mutating func append(text: String) { append(counted: text.utf8) }
}
