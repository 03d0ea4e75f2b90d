internal import CZlib

/// Decompresses consecutive gzip members (RFC 1952) piece by piece. The receivers use libdeflate instead, which needs
/// the whole input in memory.
@safe
struct GzipStream: ~Copyable {
    // Allocated, because zlib stores the address of its stream.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isBetweenMembers = true

    /// 15 is the largest window; adding 16 accepts gzip only.
    private static let gzipWindow: Int32 = 15 + 16
    private static let magic: [UInt8] = [0x1F, 0x8B]

    init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let result = unsafe inflateInit2_(
            stream, Self.gzipWindow, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { fatalError("zlib initialization failed: \(result)") }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deinitialize(count: 1)
        unsafe stream.deallocate()
    }

    /// Whether a member starts at the source's next byte.
    static func begins(_ source: borrowing ByteSource) -> Bool {
        guard source.available >= magic.count else { return false }
        let start = source.next(magic.count)
        return magic.indices.allSatisfy { start.byte($0) == magic[$0] }
    }

    /// Decompresses into a chunk until it is full.
    ///
    /// - Returns: false at the end of the source.
    mutating func read(from source: inout ByteSource, into chunk: inout Chunk) throws(ArchiveError) -> Bool {
        while chunk.room > 0 {
            guard try source.fill(1) else {
                guard isBetweenMembers else { throw Self.failure(source, "the gzip file is cut off") }
                return false
            }
            if isBetweenMembers {
                _ = try source.fill(Self.magic.count)
                guard Self.begins(source) else { throw Self.failure(source, "expected another gzip member") }
                isBetweenMembers = false
            }
            try inflate(&source, &chunk)
        }
        return true
    }

    private mutating func inflate(_ source: inout ByteSource, _ chunk: inout Chunk) throws(ArchiveError) {
        var consumed = 0
        var result = Z_OK
        let available = source.available
        _ = unsafe source.next(available).withUnsafeBytes { input in
            unsafe chunk.append { room in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
                unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
                unsafe stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.pointee.avail_out = UInt32(clamping: room.count)
                result = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
                consumed = unsafe input.count - Int(stream.pointee.avail_in)
                return unsafe room.count - Int(stream.pointee.avail_out)
            }
        }
        source.advance(consumed)
        switch result {
        case Z_OK: break
        case Z_STREAM_END:
            isBetweenMembers = true
            unsafe inflateReset(stream)
        default: throw Self.failure(source, "the gzip file is damaged")
        }
    }

    private static func failure(_ source: borrowing ByteSource, _ problem: String) -> ArchiveError {
        ArchiveError(.damaged, source.name, "\(problem), at byte \(source.offset) of the file")
    }
}
