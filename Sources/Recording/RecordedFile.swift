// Both declare stat; the one that the compiler read first owns it.
import CDispatch
import Glibc
import Support

/// A file that is written from front to back.
///
/// After a failure nothing more is written to it, and above all it isn't synced again: the kernel may have marked the
/// pages that it could not write as clean, so that a second fsync would succeed without them.
struct RecordedFile: ~Copyable {
    let path: String
    private let descriptor: Int32
    /// Bytes that were written whole.
    private(set) var byteCount = 0

    /// Makes a file that wasn't there.
    init(creating path: String) throws(FileError) {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileError("create", path) }
    }

    deinit {
        close(descriptor)
    }

    /// Writes all bytes; where that fails, the file is cut back to what was whole, as far as it lets itself be.
    mutating func write(_ bytes: [UInt8]) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                let fault = FileError("write", path)
                _ = ftruncate(descriptor, off_t(byteCount))
                // A disk that stays full would otherwise collect a file without contents at each try.
                if byteCount == 0 { _ = unsafe unlink(path) }
                throw fault
            }
        }
        byteCount += bytes.count
    }

    /// Whether its name is still there: without it, what is written is lost when the file is closed.
    var hasName: Bool {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    /// Brings what was written to disk.
    func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError("fdatasync", path) }
    }
}
