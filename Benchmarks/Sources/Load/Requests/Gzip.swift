import CDeflate
import NIOCore

/// Owns libdeflate's compressor.
@safe
struct GzipCompressor: ~Copyable {
    private let handle: OpaquePointer?

    /// - Parameter level: 1, the cheapest, to 12
    init(level: Int) {
        unsafe handle = libdeflate_alloc_compressor(Int32(level))
    }

    deinit {
        if let handle = unsafe handle { unsafe libdeflate_free_compressor(handle) }
    }

    /// A message with its prefix, compressed behind its prefix.
    func compress(_ message: ByteBuffer) -> ByteBuffer {
        guard let handle = unsafe handle else { preconditionFailure("no memory for a compressor") }
        let length = message.readableBytes - ReadyRequest.prefixLength
        let bound = unsafe libdeflate_gzip_compress_bound(handle, length)
        var output = ByteBuffer()
        output.reserveCapacity(ReadyRequest.prefixLength + bound)
        output.writeInteger(UInt8(1))
        output.writeInteger(UInt32(0))
        let written = unsafe output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { room in
            unsafe message.withUnsafeReadableBytes { input in
                unsafe libdeflate_gzip_compress(
                    handle, input.baseAddress?.advanced(by: ReadyRequest.prefixLength), length,
                    room.baseAddress, room.count)
            }
        }
        precondition(written > 0, "the bound of a compressed size was too small")
        output.setInteger(UInt32(written), at: 1)
        return output
    }
}
