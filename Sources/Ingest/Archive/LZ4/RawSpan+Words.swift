import Glibc

extension RawSpan {
    func byte(_ offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The four bytes at an offset, as lz4 writes numbers.
    func littleEndianWord(_ offset: Int) -> UInt32 {
        unsafe UInt32(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The four bytes at an offset, as lengths of messages are written.
    func bigEndianWord(_ offset: Int) -> UInt32 {
        littleEndianWord(offset).byteSwapped
    }

    /// The offset of the first such byte from another offset on.
    func firstOffset(of byte: UInt8, from start: Int) -> Int? {
        unsafe extracting(start...).withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = unsafe memchr(base, Int32(byte), bytes.count) else {
                return nil
            }
            return unsafe start + base.distance(to: found)
        }
    }
}
