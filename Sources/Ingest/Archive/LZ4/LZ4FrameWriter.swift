internal import CLZ4

/// Writes whole lz4 frames: independent blocks of up to four mebibytes, with their checksums, the content's checksum and
/// its size.
///
/// The library's own writer of frames takes its checksum at a sixth of the speed of `XXH32`.
/// Source: "LZ4 Frame Format Description" 1.6.
enum LZ4FrameWriter {
    static let blockSizeMax = 4 << 20
    /// Version 1, independent blocks, block checksums, content size, content checksum; blocks of 4 MiB.
    private static let flags: [UInt8] = [0x7C, 0x70]

    /// Appends a frame of some contents to bytes.
    static func append(_ contents: RawSpan, to bytes: inout [UInt8]) {
        var header = LittleEndianBytes()
        header.bytes = flags
        header.append(UInt64(contents.byteCount))
        let check = unsafe UInt8(truncatingIfNeeded: XXH32.hash(header.bytes.span.bytes) >> 8)
        var start = LittleEndianBytes()
        start.append(LZ4Stream.magic)
        bytes += start.bytes + header.bytes + [check]
        for offset in stride(from: 0, to: contents.byteCount, by: blockSizeMax) {
            appendBlock(contents.extracting(offset..<min(offset + blockSizeMax, contents.byteCount)), to: &bytes)
        }
        append(UInt32(0), to: &bytes)
        append(XXH32.hash(contents), to: &bytes)
    }

    private static func appendBlock(_ block: RawSpan, to bytes: inout [UInt8]) {
        let room = Int(LZ4_compressBound(Int32(block.byteCount)))
        let start = bytes.count
        append(UInt32(0), to: &bytes)
        let size = unsafe bytes.append(room: room) { target in
            unsafe block.withUnsafeBytes { source in
                unsafe Int(
                    LZ4_compress_default(
                        source.baseAddress, target.baseAddress, Int32(source.count), Int32(target.count)))
            }
        }
        var word = UInt32(size)
        if size == 0 || size >= block.byteCount {
            bytes.removeLast(size)
            bytes += block.array
            word = UInt32(block.byteCount) | 1 << 31
        }
        for shift in 0..<4 { bytes[start + shift] = UInt8(truncatingIfNeeded: word >> (8 * UInt32(shift))) }
        append(unsafe XXH32.hash(bytes.span.bytes.extracting((start + 4)...)), to: &bytes)
    }

    private static func append(_ word: UInt32, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
}

extension [UInt8] {
    /// Lends room behind the bytes to a body that says how much of it was written.
    fileprivate mutating func append(room: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int) -> Int {
        let before = count
        append(addingCapacity: room) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, written in unsafe written = body(buffer) }
        }
        return count - before
    }
}
