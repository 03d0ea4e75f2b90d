import Glibc

/// Writes numbers as lz4 frames and skippable frames store them.
struct LittleEndianBytes {
    var bytes: [UInt8] = []

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }
}

/// Reads such numbers. Traps if fewer than the needed bytes remain.
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

extension RawSpan {
    func byte(_ offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The four bytes at an offset, as lz4 stores numbers.
    func littleEndianWord(_ offset: Int) -> UInt32 {
        unsafe UInt32(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The four bytes at an offset, as length prefixes are stored.
    func bigEndianWord(_ offset: Int) -> UInt32 {
        littleEndianWord(offset).byteSwapped
    }

    /// The offset of the first such byte at or after `start`.
    func firstOffset(of byte: UInt8, from start: Int) -> Int? {
        unsafe extracting(start...).withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = unsafe memchr(base, Int32(byte), bytes.count) else {
                return nil
            }
            return unsafe start + base.distance(to: found)
        }
    }
}
