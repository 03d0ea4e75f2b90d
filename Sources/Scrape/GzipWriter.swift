internal import CZlib

/// One gzip stream (RFC 1952), written part by part.
@safe
package final class GzipWriter {
    /// Allocated separately, because zlib stores its address.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var output = [UInt8](repeating: 0, count: 32 << 10)
    /// Output that hasn't been passed on.
    private var waiting: [UInt8] = []
    private let isReady: Bool

    /// Fast rather than small: a scrape is repetitive text.
    private static let level: Int32 = 1
    /// A window of 32 KiB; 16 selects the gzip header.
    private static let windowBits: Int32 = 15 + 16
    /// A quarter of the default hash table: a line resembles the one before it, and sliding the table takes a fifth of
    /// the time.
    private static let memoryLevel: Int32 = 6

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

    /// Output is passed on in parts of at least this many bytes, because each takes a write to the socket.
    private static let partBytes = 32 << 10

    /// Compresses a part, and passes on the output once there is enough.
    package func write(_ part: [UInt8], isLast: Bool = false, _ send: ([UInt8]) -> Bool) -> Bool {
        // False if deflateInit2 found no memory.
        guard isReady else { return false }
        unsafe part.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                // zlib reads it only; its declaration lacks the `const`.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(input.count)
                repeat {
                    unsafe stream.pointee.next_out = output.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(output.count)
                    unsafe deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    let written = unsafe output.count - Int(stream.pointee.avail_out)
                    unsafe waiting.append(contentsOf: output[..<written])
                } while unsafe stream.pointee.avail_out == 0
            }
        }
        guard !waiting.isEmpty, isLast || waiting.count >= Self.partBytes else { return true }
        defer { waiting.removeAll(keepingCapacity: true) }
        return send(waiting)
    }
}
