/// Writes the protobuf wire format. The length of a nested message always takes five bytes, so that it can be filled in
/// afterwards.
package struct WireWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func varint(_ field: Int, _ value: UInt64) {
        rawVarint(UInt64(field) << 3)
        rawVarint(value)
    }

    package mutating func fixed64(_ field: Int, _ value: UInt64) {
        rawVarint(UInt64(field) << 3 | 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func fixed32(_ field: Int, _ value: UInt32) {
        rawVarint(UInt64(field) << 3 | 5)
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    package mutating func bytes(_ field: Int, _ contents: [UInt8]) {
        rawVarint(UInt64(field) << 3 | 2)
        rawVarint(UInt64(contents.count))
        bytes.append(contentsOf: contents)
    }

    /// Appends fields that are encoded already.
    package mutating func append(_ fields: [UInt8]) { bytes += fields }

    /// Begins a nested message. Pass the result to `end`.
    package mutating func begin(_ field: Int) -> Int {
        rawVarint(UInt64(field) << 3 | 2)
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

    private mutating func rawVarint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }
}
