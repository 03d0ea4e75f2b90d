import Glibc

/// A file for what doesn't fit into memory, in `TMPDIR` or /tmp. It has no name, so that nothing is left of it however the
/// process ends.
package final class ScratchFile: Sendable {
    private let descriptor: Int32
    private let directory: String

    /// - Throws: `ArchiveError` where there can't be one.
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
            throw Self.failure(directory, "no temporary file can be made here", errno)
        }
    }

    deinit {
        close(descriptor)
    }

    /// A name under which it can be opened, as long as it is there.
    var path: String { "/proc/self/fd/\(descriptor)" }

    private static func failure(_ directory: String, _ problem: String, _ code: Int32) -> ArchiveError {
        let reason = unsafe String(cString: strerror(code))
        return ArchiveError(
            .scratch, directory, "\(problem): \(reason); set TMPDIR to a directory with more room")
    }

    package func write(_ bytes: RawSpan, at offset: Int) throws(ArchiveError) {
        var written = 0
        while written < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: written)
            let count = unsafe rest.withUnsafeBytes { room in
                unsafe pwrite(descriptor, room.baseAddress, room.count, off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(directory, "a temporary file can't be written", errno) }
            written += count
        }
    }

    /// Fills an array with what was written at an offset.
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

/// What comes by a pipe or on standard input, as a file that can be read more than once.
package final class SpooledInput: Sendable {
    /// nil where it is a file by itself.
    private let copy: ScratchFile?
    /// The name of a file with the bytes.
    let path: String

    /// Reads a pipe, or `-` for standard input, to its end; nil for a file that has a name.
    ///
    /// - Throws: `ArchiveError` where it can't be read, or not be kept.
    package static func spool(_ name: String) throws(ArchiveError) -> SpooledInput? {
        var status = stat()
        let found = unsafe name == "-" ? fstat(STDIN_FILENO, &status) : stat(name, &status)
        // What isn't there is for the one who opens it to say.
        guard found == 0, status.st_mode & S_IFMT != S_IFDIR else { return nil }
        guard status.st_mode & S_IFMT == S_IFREG else { return try SpooledInput(copyOf: ByteSource(name)) }
        guard name == "-" else { return nil }
        // A file that is opened anew is read from its front.
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
