internal import Foundation
internal import Support

/// Files of a node, read and written through links.
enum SetupFile {
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A folder's path from the root, for patches and messages. patch refuses names with "..".
    static func absolute(_ folder: String) -> String {
        var path = folder
        if !path.hasPrefix("/") { path = "\(FileManager.default.currentDirectoryPath)/\(path)" }
        var parts = path.split(separator: "/").filter { $0 != "." }
        // Where a link leads, ".." isn't the folder before.
        if parts.contains(".."), let resolved = FilePath.resolved(path) { parts = resolved.split(separator: "/") }
        return "/" + parts.joined(separator: "/")
    }

    static func remove(_ path: String) throws(SetupError) {
        guard unsafe unlink(path) == 0 else { throw failure(path, "removed") }
    }

    static func read(_ path: String) throws -> String {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw SetupError("\(path): can't be read; setup must run as a user who can, such as root")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SetupError("\(path): can't be read: it isn't UTF-8")
        }
        return text
    }

    /// Creates a folder, and those that it is in.
    static func create(folder: String) throws(SetupError) {
        guard !FilePattern.isDirectory(folder) else { return }
        let parent = Self.folder(of: folder)
        if !FilePattern.isFile(parent) { try create(folder: parent) }
        guard unsafe mkdir(folder, 0o755) == 0, unsafe chmod(folder, 0o755) == 0 else {
            throw failure(folder, "created")
        }
    }

    /// Replaces the file that the path leads to, by renaming one whose name begins with a dot, which the kubelet doesn't
    /// run.
    static func replace(_ path: String, with text: String) throws {
        let path = FilePath.resolved(path) ?? path
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let temporary = "\(folder(of: path))/.\(name).faultline"
        do {
            try write(text, to: temporary, like: path)
            guard unsafe rename(temporary, path) == 0 else { throw failure(path, "replaced") }
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
    }

    /// Writes a file with the mode and the owner of another. Where there is none, every user can read it, since components
    /// need not be root.
    static func write(_ text: String, to path: String, like other: String) throws {
        var status = stat()
        let isThere = unsafe stat(other, &status) == 0
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path, "written") }
        defer { close(descriptor) }
        if let code = unsafe FileWriting.writeAll(text.utf8Span.span.bytes, to: descriptor) {
            throw failure(path, "written", code)
        }
        guard fsync(descriptor) == 0 else { throw failure(path, "written") }
        guard isThere else {
            guard fchmod(descriptor, 0o644) == 0 else { throw failure(path, "given its mode") }
            return
        }
        // The owner first: changing it takes bits off the mode.
        guard fchown(descriptor, status.st_uid, status.st_gid) == 0, fchmod(descriptor, status.st_mode & 0o7777) == 0
        else { throw failure(path, "given the owner and the mode of \(other)") }
    }

    private static func failure(_ path: String, _ what: String, _ code: Int32 = errno) -> SetupError {
        SetupError("\(path): can't be \(what): \(unsafe String(cString: strerror(code)))")
    }
}
