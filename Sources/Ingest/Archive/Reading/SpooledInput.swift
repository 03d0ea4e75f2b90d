import Glibc

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
