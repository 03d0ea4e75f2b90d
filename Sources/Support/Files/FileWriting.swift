import Glibc

/// Complete writes, though a system call may write only a part.
package enum FileWriting {
    /// Writes all bytes.
    ///
    /// - Parameter offset: the offset in the file; nil writes at the current position, as pipes require.
    /// - Returns: nil on success, else the errno. Some of the bytes may have been written.
    package static func writeAll(_ bytes: RawSpan, to descriptor: Int32, at offset: Int? = nil) -> Int32? {
        var written = 0
        while written < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: written)
            let count = unsafe rest.withUnsafeBytes { room in
                guard let offset else { return unsafe write(descriptor, room.baseAddress, room.count) }
                return unsafe pwrite(descriptor, room.baseAddress, room.count, off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            // A write of 0 bytes makes no progress and sets no errno.
            guard count > 0 else { return count < 0 ? errno : EIO }
            written += count
        }
        return nil
    }
}
