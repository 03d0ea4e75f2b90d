internal import CDeflate
internal import NIOPosix
internal import Synchronization

/// Owns libdeflate's decompressor and its output buffer.
@safe
struct GzipDecompressor: ~Copyable {
    /// Kept between bodies; a larger buffer is released after use.
    private static let keptCapacity = 4 << 20
    /// DEFLATE's best: 258 bytes for two bits.
    private static let largestRatio = 1_032

    private let handle: OpaquePointer?
    private var output: UnsafeMutableRawBufferPointer

    init() {
        unsafe handle = libdeflate_alloc_decompressor()
        unsafe output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit {
        if let handle = unsafe handle { unsafe libdeflate_free_decompressor(handle) }
        unsafe output.deallocate()
    }

    mutating func inflate<Result>(
        _ body: RawSpan, limit: Int, _ use: (RawSpan) -> Result
    ) throws(InflateError) -> Result {
        defer { shrink() }
        let count = try unsafe body.withUnsafeBytes { (input) throws(InflateError) in
            try unsafe inflate(input, limit: limit)
        }
        return unsafe use(UnsafeRawBufferPointer(rebasing: output[..<count]).bytes)
    }

    /// Decompresses all members (RFC 1952, section 2.2) and returns the number of bytes written.
    private mutating func inflate(
        _ input: UnsafeRawBufferPointer, limit: Int
    ) throws(InflateError) -> Int {
        guard let handle = unsafe handle else { throw .noMemory }
        var consumed = 0
        var produced = 0
        unsafe grow(to: capacityHint(input, limit: limit), keeping: 0)
        repeat {
            var memberIn = 0
            var memberOut = 0
            let room = min(unsafe output.count, limit) - produced
            let result = unsafe libdeflate_gzip_decompress_ex(
                handle, input.baseAddress?.advanced(by: consumed), input.count - consumed,
                output.baseAddress?.advanced(by: produced), room, &memberIn, &memberOut)
            switch result {
            case LIBDEFLATE_SUCCESS:
                consumed += memberIn
                produced += memberOut
            case LIBDEFLATE_INSUFFICIENT_SPACE:
                guard unsafe output.count < limit else { throw .tooLarge }
                grow(to: min(unsafe output.count &* 2, limit), keeping: produced)
            default:
                throw .badGzip
            }
        } while consumed < input.count
        return produced
    }

    /// The size that the body claims, capped by the limit and by DEFLATE's best ratio.
    private func capacityHint(_ input: UnsafeRawBufferPointer, limit: Int) -> Int {
        let size = unsafe Inflate.announcedSize(input.bytes)
        let (best, overflow) = input.count.multipliedReportingOverflow(by: Self.largestRatio)
        return min(size, overflow ? limit : best, limit)
    }

    private mutating func grow(to capacity: Int, keeping produced: Int) {
        guard unsafe capacity > output.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: output[..<produced]))
        unsafe output.deallocate()
        unsafe output = larger
    }

    private mutating func shrink() {
        guard unsafe output.count > Self.keptCapacity else { return }
        unsafe output.deallocate()
        unsafe output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    }
}
