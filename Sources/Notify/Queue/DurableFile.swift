package import Foundation
import Rules
import Support

/// Files that are whole at any moment, also when the process or the machine dies.
package enum DurableFile {
    /// Writes a file in one piece: whoever opens it finds the old contents or the new. Readable by its owner only.
    package static func replace(_ path: String, with contents: Data) throws {
        let temporary = path + ".new"
        try? FileManager.default.removeItem(atPath: temporary)
        try append(contents, to: temporary)
        guard unsafe rename(temporary, path) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        try synchronizeDirectory(of: path)
    }

    /// Adds to the end of a file, which is made if it isn't there, and waits until it is on disk.
    package static func append(_ contents: Data, to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: contents)
        try file.synchronize()
        try file.close()
    }

    /// A name in a directory is on disk when the directory is.
    static func synchronizeDirectory(of path: String) throws {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }

    /// Puts a file that can't be read out of the way: beside itself, as `NAME.corrupt-20261123T041546Z`.
    /// - Returns: its new path.
    package static func setAside(_ path: String, at time: Int64) -> String {
        let date = Timestamp.rfc3339(time / 1_000_000_000 * 1_000_000_000).filter { $0 != "-" && $0 != ":" }
        let aside = "\(path).corrupt-\(date)"
        return unsafe rename(path, aside) == 0 ? aside : path
    }
}
