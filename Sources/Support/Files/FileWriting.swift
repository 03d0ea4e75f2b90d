import Glibc

/// Writes that the kernel may take only in part.
package enum FileWriting {
    /// Writes all bytes.
    ///
    /// - Parameter offset: where in the file they go; nil writes at the descriptor's position, as pipes need.
    /// - Returns: the errno of a write that failed, after which some of the bytes may be written; nil on success.
    package static func writeAll(_ bytes: RawSpan, to descriptor: Int32, at offset: Int? = nil) -> Int32? {
        var written = 0
        while written < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: written)
            let count = unsafe rest.withUnsafeBytes { room in
                guard let offset else { return unsafe write(descriptor, room.baseAddress, room.count) }
                return unsafe pwrite(descriptor, room.baseAddress, room.count, off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            // Writing nothing at all makes no progress, and has no errno.
            guard count > 0 else { return count < 0 ? errno : EIO }
            written += count
        }
        return nil
    }
}
