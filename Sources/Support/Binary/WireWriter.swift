/// Writes the protobuf wire format. The length of a nested message always takes five bytes, so that it can be filled in
/// afterwards.
package struct WireWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func varint(_ field: Int, _ value: UInt64) {
        bytes.appendVarint(UInt64(field) << 3)
        bytes.appendVarint(value)
    }

    package mutating func fixed64(_ field: Int, _ value: UInt64) {
        bytes.appendVarint(UInt64(field) << 3 | 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    package mutating func fixed32(_ field: Int, _ value: UInt32) {
        bytes.appendVarint(UInt64(field) << 3 | 5)
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    package mutating func bytes(_ field: Int, _ contents: [UInt8]) {
        bytes.appendVarint(UInt64(field) << 3 | 2)
        bytes.appendVarint(UInt64(contents.count))
        bytes.append(contentsOf: contents)
    }

    /// A `sint32` or `sint64`, in zigzag encoding.
    package mutating func sint(_ field: Int, _ value: Int) {
        varint(field, UInt64(bitPattern: Int64(value << 1 ^ value >> (Int.bitWidth - 1))))
    }

    package mutating func double(_ field: Int, _ value: Double) { fixed64(field, value.bitPattern) }

    package mutating func text(_ field: Int, _ value: String) { bytes(field, Array(value.utf8)) }

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends fields that are encoded already.
    package mutating func append(_ fields: [UInt8]) { bytes += fields }

    /// Begins a nested message. Pass the result to `end`.
    package mutating func begin(_ field: Int) -> Int {
        bytes.appendVarint(UInt64(field) << 3 | 2)
        bytes.append(contentsOf: [0x80, 0x80, 0x80, 0x80, 0x00])
        return bytes.count
    }

    package mutating func end(_ start: Int) {
        var length = bytes.count - start
        for index in start - 5..<start {
            bytes[index] = UInt8(truncatingIfNeeded: length & 0x7F) | (index == start - 1 ? 0 : 0x80)
            length >>= 7
        }
    }
}

extension [UInt8] {
    /// Appends a number as a varint: seven bits per byte, lowest first, the high bit set on all but the last.
    /// Source: Protocol Buffers, "Encoding", Base 128 Varints.
    @inlinable
    package mutating func appendVarint(_ value: some FixedWidthInteger & UnsignedInteger) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
