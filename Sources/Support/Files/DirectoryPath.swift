import Foundation
import Glibc

/// The path of a directory that may not exist yet.
package struct DirectoryPath {
    private let path: String
    /// The longest existing prefix, with links resolved, and the missing components.
    private let existing: String
    private let missing: [String]

    package init(_ path: String) {
        self.path = path
        let current = FileManager.default.currentDirectoryPath
        var existing = path.hasPrefix("/") ? "/" : current
        var missing: [String] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." {
                if missing.popLast() == nil { existing = FilePath.resolved("\(existing)/..") ?? existing }
            } else if missing.isEmpty, let next = FilePath.resolved("\(existing)/\(part)") {
                existing = next
            } else {
                missing.append(String(part))
            }
        }
        self.existing = existing
        self.missing = missing
    }

    package static func == (first: DirectoryPath, second: DirectoryPath) -> Bool {
        if first.missing.isEmpty, second.missing.isEmpty, let one = first.identity, let other = second.identity {
            return one == other
        }
        return first.existing == second.existing && first.missing == second.missing
    }

    /// Why it isn't a directory and no user can create it; nil if it is one or might be created.
    package var problem: String? {
        var status = stat()
        guard !path.utf8.contains(0) else { return "\(Self.cite(path)) contains a zero byte" }
        let isDirectory = unsafe stat(existing, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        let isKernels = Self.kernelsOwn.contains { Self.isMounted($0, as: status.st_dev) }
        guard let next = missing.first else {
            guard isDirectory else { return "\(Self.cite(path)) is not a directory" }
            return isKernels ? "\(Self.cite(path)) belongs to the kernel" : nil
        }
        func unmakeable(_ reason: String) -> String { "\(Self.cite(path)) can't be created: \(reason)" }
        guard isDirectory else { return unmakeable("\(Self.cite(existing)) is not a directory") }
        let below = existing == "/" ? "/\(next)" : "\(existing)/\(next)"
        if unsafe lstat(below, &status) == 0 { return unmakeable("\(Self.cite(below)) is a broken symbolic link") }
        if isKernels { return unmakeable("\(Self.cite(existing)) belongs to the kernel") }
        if missing.contains(where: { $0.utf8.count > Int(NAME_MAX) }) {
            return unmakeable("a name has at most \(NAME_MAX) bytes")
        }
        return nil
    }

    private static func cite(_ path: String) -> String { PrintableText.quote(path, limit: 200) }

    /// Kernel file systems, where no directories can be created.
    private static let kernelsOwn = ["/proc", "/sys"]

    private static func isMounted(_ path: String, as device: dev_t) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_dev == device
    }

    /// Device and inode, because a directory can be mounted twice.
    private var identity: [UInt]? {
        var status = stat()
        guard unsafe stat(existing, &status) == 0 else { return nil }
        return [UInt(status.st_dev), UInt(status.st_ino)]
    }
}
