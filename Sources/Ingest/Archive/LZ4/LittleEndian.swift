/// Numbers as lz4 and the notes of a recording write them.
struct LittleEndianBytes {
    var bytes: [UInt8] = []

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }
}

/// Reads such numbers; asked for more than `remaining`, it stops the process.
struct LittleEndianReader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
    }

    var remaining: Int { bytes.count }

    mutating func word() -> UInt32 { read() }
    mutating func unsigned() -> UInt64 { read() }
    mutating func signed() -> Int64 { Int64(bitPattern: read()) }

    private mutating func read<Number: FixedWidthInteger & UnsignedInteger>() -> Number {
        let size = MemoryLayout<Number>.size
        precondition(bytes.count >= size)
        defer { bytes = bytes.dropFirst(size) }
        return bytes.prefix(size).reversed().reduce(0) { $0 << 8 | Number($1) }
    }
}

extension RawSpan {
    var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}
