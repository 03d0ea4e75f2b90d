import Glibc
import Support

/// A temporary file in `TMPDIR` or /tmp for data that doesn't fit into memory. It is unlinked at once, so nothing
/// remains however the process ends.
package final class ScratchFile: Sendable {
    private let descriptor: Int32
    private let directory: String

    /// - Throws: `ArchiveError` if it can't be created.
    package init() throws(ArchiveError) {
        let named = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? ""
        directory = named.isEmpty ? "/tmp" : named
        var template = Array("\(directory)/faultline-XXXXXX".utf8CString)
        descriptor = unsafe template.withUnsafeMutableBufferPointer { path in
            guard let path = path.baseAddress else { return -1 }
            let descriptor = unsafe mkstemp(path)
            if descriptor >= 0 {
                unsafe unlink(path)
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            }
            return descriptor
        }
        guard descriptor >= 0 else {
            throw Self.failure(directory, "a temporary file can't be created here", errno)
        }
    }

    deinit {
        close(descriptor)
    }

    /// A path that opens the file while this object exists.
    var path: String { "/proc/self/fd/\(descriptor)" }

    private static func failure(_ directory: String, _ problem: String, _ code: Int32) -> ArchiveError {
        let reason = unsafe String(cString: strerror(code))
        return ArchiveError(
            .scratch, directory, "\(problem): \(reason); set TMPDIR to a directory with more room")
    }

    package func write(_ bytes: RawSpan, at offset: Int) throws(ArchiveError) {
        guard let code = FileWriting.writeAll(bytes, to: descriptor, at: offset) else { return }
        throw Self.failure(directory, "a temporary file can't be written", code)
    }

    /// Fills an array with the bytes at an offset.
    package func read<Element: BitwiseCopyable>(into elements: inout [Element], at offset: Int) throws(ArchiveError) {
        let code = unsafe elements.withUnsafeMutableBytes { room -> Int32? in
            var done = 0
            while done < room.count {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: room[done...])
                let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                done += count
            }
            return nil
        }
        if let code { throw Self.failure(directory, "a temporary file can't be read", code) }
    }
}

/// A pipe or standard input as a file that can be read more than once.
package final class SpooledInput: Sendable {
    /// nil if standard input is itself a file.
    private let copy: ScratchFile?
    /// Path of the file with the bytes.
    let path: String

    /// Copies a pipe, or standard input if the name is `-`, to a temporary file; nil if the name is that of a regular
    /// file.
    ///
    /// - Throws: `ArchiveError` if it can't be read or copied.
    package static func spool(_ name: String) throws(ArchiveError) -> SpooledInput? {
        var status = stat()
        let found = unsafe name == "-" ? fstat(STDIN_FILENO, &status) : stat(name, &status)
        // If it doesn't exist, opening it reports that.
        guard found == 0, status.st_mode & S_IFMT != S_IFDIR else { return nil }
        guard status.st_mode & S_IFMT == S_IFREG else { return try SpooledInput(copyOf: ByteSource(name)) }
        guard name == "-" else { return nil }
        // Opening a file anew reads it from the start.
        let reopened = "/proc/self/fd/\(STDIN_FILENO)"
        let isWhole = unsafe lseek(STDIN_FILENO, 0, SEEK_CUR) == 0 && access(reopened, R_OK) == 0
        return isWhole ? SpooledInput(path: reopened) : try SpooledInput(copyOf: ByteSource(name))
    }

    private init(path: String) {
        copy = nil
        self.path = path
    }

    private init(copyOf source: consuming ByteSource) throws(ArchiveError) {
        let file = try ScratchFile()
        var size = 0
        while try source.fill(1) {
            let count = source.available
            try file.write(source.next(count), at: size)
            source.advance(count)
            size += count
        }
        copy = file
        path = file.path
    }
}
