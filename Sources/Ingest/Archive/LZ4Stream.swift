internal import CLZ4

/// Decompresses lz4 frames one after the other, checksums verified, skippable frames passed over.
///
/// Source: "LZ4 Frame Format Description" 1.6. The library's context is owned here and leaves this file nowhere.
@safe
struct LZ4Stream: ~Copyable {
    private let context: OpaquePointer?
    private var isInFrame = false

    static let magic: UInt32 = 0x184D_2204
    static let skippableMagics: ClosedRange<UInt32> = 0x184D_2A50...0x184D_2A5F

    /// The next four bytes of a source, which begin a frame.
    static func magic(_ source: ByteSource) -> UInt32 {
        (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(source.peek($1) ?? 0) }
    }

    init() {
        var context: OpaquePointer?
        unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
        unsafe self.context = context
    }

    deinit {
        unsafe LZ4F_freeDecompressionContext(context)
    }

    /// Decompresses what it can of the source into `output`, from `count` on.
    ///
    /// - Returns: the new number of bytes in `output`, no more than before where the source is at its end.
    mutating func read(
        from source: inout ByteSource, into output: inout [UInt8], at count: Int
    ) throws(ArchiveError) -> Int {
        while true {
            try source.fill(1)
            if source.available == 0 {
                guard !isInFrame else { throw failure(source, "the lz4 frame is cut off") }
                return count
            }
            if !isInFrame { try checkHeader(&source) }
            var written = output.count - count
            var consumed = source.available
            let position = source.position
            let hint = unsafe source.buffer.withUnsafeBytes { input in
                unsafe output.withUnsafeMutableBytes { room in
                    unsafe LZ4F_decompress(
                        context, room.baseAddress.map { unsafe $0 + count }, &written,
                        input.baseAddress.map { unsafe $0 + position }, &consumed, nil)
                }
            }
            if LZ4F_isError(hint) != 0 {
                let name = unsafe String(cString: LZ4F_getErrorName(hint))
                throw failure(source, "lz4: \(name.replacing("ERROR_", with: ""))")
            }
            isInFrame = hint != 0
            source.advance(consumed)
            if written > 0 { return count + written }
        }
    }

    /// What the library would pass over in silence: bytes that are no frame, and a dictionary that nobody has.
    private func checkHeader(_ source: inout ByteSource) throws(ArchiveError) {
        try source.fill(5)
        let magic = Self.magic(source)
        if Self.skippableMagics.contains(magic) { return }
        guard magic == Self.magic else { throw failure(source, "what follows is no lz4 frame") }
        if let flags = source.peek(4), flags & 1 == 1 {
            throw failure(source, "the lz4 frame needs a dictionary, which is not supported")
        }
    }

    private func failure(_ source: ByteSource, _ problem: String) -> ArchiveError {
        ArchiveError(.damaged, source.name, "\(problem), at byte \(source.offset) of the file")
    }
}
