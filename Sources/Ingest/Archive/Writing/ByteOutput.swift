import CDispatch
import Glibc
import Support

/// A new file, or standard output for `-`, written sequentially. The file has a temporary name until it is finished,
/// and is deleted if it never is.
package struct ByteOutput: ~Copyable {
    private let descriptor: Int32
    private let name: String
    /// The temporary name; nil for standard output.
    private let partName: String?
    private var buffer: [UInt8] = []

    private static let bufferBytes = 1 << 20

    /// - Throws: `OutputError` if the file exists: nothing is overwritten.
    package init(_ name: String) throws(OutputError) {
        self.name = name
        partName = name == "-" ? nil : "\(name).part-\(getpid())"
        descriptor = try Self.open(partName, for: name)
    }

    private static func open(_ partName: String?, for name: String) throws(OutputError) -> Int32 {
        guard let partName else { return STDOUT_FILENO }
        var status = stat()
        guard unsafe lstat(name, &status) != 0 else { throw OutputError(existing: name) }
        let descriptor = unsafe Glibc.open(partName, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw OutputError(FileError("create", name)) }
        return descriptor
    }

    mutating func write(_ bytes: [UInt8]) throws(OutputError) {
        buffer += bytes
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Writes what is left, and gives the file its final name.
    mutating func finish() throws(OutputError) {
        try flush()
        guard let partName, unsafe link(partName, name) != 0 else { return }
        // The file system may not support links. Never overwrite a name that was taken in the meantime.
        guard errno != EEXIST, unsafe access(name, F_OK) != 0 else { throw OutputError(existing: name) }
        guard unsafe rename(partName, name) == 0 else { throw OutputError(FileError("create", name)) }
    }

    private mutating func flush() throws(OutputError) {
        if let code = unsafe FileWriting.writeAll(buffer.span.bytes, to: descriptor) {
            throw OutputError(FileError("write", name, code: code))
        }
        buffer.removeAll(keepingCapacity: true)
    }

    deinit {
        guard let partName else { return }
        close(descriptor)
        // A finished file keeps its final name.
        unsafe unlink(partName)
    }
}

/// Why something couldn't be written.
package struct OutputError: Error, CustomStringConvertible {
    package let description: String

    init(_ error: FileError) {
        description = "\(error)"
    }

    init(existing name: String) {
        description = "\(name): exists already, and nothing is overwritten: name a file that doesn't exist"
    }
}
