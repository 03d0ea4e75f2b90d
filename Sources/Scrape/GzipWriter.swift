internal import CZlib

/// One gzip stream (RFC 1952), written part by part.
@safe
package final class GzipWriter {
    /// Allocated separately, because zlib stores its address.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var output = [UInt8](repeating: 0, count: 32 << 10)
    private let isReady: Bool

    /// Fast rather than small: a scrape is repetitive text.
    private static let level: Int32 = 1
    /// A window of 32 KiB; 16 selects the gzip header.
    private static let windowBits: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8

    package init() {
        unsafe stream.initialize(to: z_stream())
        isReady =
            unsafe deflateInit2_(
                stream, Self.level, Z_DEFLATED, Self.windowBits, Self.memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Compresses a part and passes on the output, which may be empty so far.
    package func write(_ part: [UInt8], isLast: Bool = false, _ send: ([UInt8]) -> Bool) -> Bool {
        // False if deflateInit2 found no memory.
        guard isReady else { return false }
        var input = part
        var result: [UInt8] = []
        unsafe input.withUnsafeMutableBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe stream.pointee.next_in = input.baseAddress
                unsafe stream.pointee.avail_in = UInt32(input.count)
                repeat {
                    unsafe stream.pointee.next_out = output.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(output.count)
                    unsafe deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    let written = unsafe output.count - Int(stream.pointee.avail_out)
                    unsafe result.append(contentsOf: output[..<written])
                } while unsafe stream.pointee.avail_out == 0
            }
        }
        return result.isEmpty || send(result)
    }
}
