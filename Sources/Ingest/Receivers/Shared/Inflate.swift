internal import CDeflate
internal import NIOPosix
internal import Synchronization

/// Why a gzip body could not be inflated.
package enum InflateError: Error, Equatable {
    /// Its decompressed size is over the limit.
    case tooLarge
    /// Its compression ratio is higher than spans ever reach.
    case badRatio
    /// It isn't gzip, is cut off, or its checksum is wrong.
    case badGzip
    /// No memory for a decompressor.
    case noMemory
}

/// Decompresses whole gzip bodies (RFC 1952). Each thread has one decompressor and one output buffer.
package enum Inflate {
    private final class PerThread: Sendable {
        let decompressor = Mutex(GzipDecompressor())
    }

    private static let perThread = ThreadSpecificVariable<PerThread>()

    /// Decompresses `body` and passes the result to `use`. The result is valid only during that call.
    ///
    /// - Parameters:
    ///   - limit: maximum decompressed size, bytes.
    ///   - ratio: maximum compression ratio of a result larger than 1 MiB.
    package static func gzip<Result: Sendable>(
        _ body: RawSpan, limit: Int, ratio: Int = .max, _ use: @Sendable (RawSpan) -> Result
    ) throws(InflateError) -> Result {
        let mine: PerThread
        if let known = perThread.currentValue {
            mine = known
        } else {
            mine = PerThread()
            perThread.currentValue = mine
        }
        // Only this thread takes the lock. The Mutex is there to satisfy the compiler's concurrency checks.
        return try mine.decompressor.withLock { (decompressor) throws(InflateError) in
            let (largest, isEndless) = body.byteCount.multipliedReportingOverflow(by: ratio)
            let ceiling = isEndless ? limit : min(limit, max(largest, 1 << 20))
            do throws(InflateError) {
                return try decompressor.inflate(body, limit: ceiling, use)
            } catch {
                throw error == .tooLarge && ceiling < limit ? .badRatio : error
            }
        }
    }

    /// The decompressed size modulo 2^32 in a member's last four bytes (RFC 1952, section 2.3.1), as claimed by the
    /// client; 0 if the body is too short.
    static func announcedSize(_ body: RawSpan) -> Int {
        guard body.byteCount >= 18 else { return 0 }
        let size = unsafe body.unsafeLoadUnaligned(fromByteOffset: body.byteCount - 4, as: UInt32.self)
        return Int(UInt32(littleEndian: size))
    }
}
