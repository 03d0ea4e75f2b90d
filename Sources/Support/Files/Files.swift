import Foundation
import Glibc

/// Names of files on disk, and patterns of them in the shell's manner.
package enum FilePattern {
    /// The files that match, sorted as bytes are, so that their order doesn't depend on the locale.
    package static func matches(_ pattern: String) -> [String] {
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob(pattern, GLOB_NOSORT, nil, &found) == 0 else { return [] }
        let names = unsafe (0..<Int(found.gl_pathc)).compactMap {
            unsafe found.gl_pathv[$0].map { unsafe String(cString: $0) }
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    package static func isFile(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    package static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}

/// Devices that give bytes for ever, such as `/dev/zero`: named by accident, they would be read until memory ends.
package enum EndlessDevice {
    /// As Linux numbers `/dev/null`: major 1, minor 3.
    private static let null: dev_t = 1 << 8 | 3

    /// Whether an open file is a device that is neither a terminal nor `/dev/null`.
    package static func isOpen(as descriptor: Int32) -> Bool {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return false }
        let isDevice = [S_IFCHR, S_IFBLK].contains(status.st_mode & S_IFMT)
        return isDevice && status.st_rdev != null && isatty(descriptor) == 0
    }
}

/// What the system said to an operation on a file.
package struct FileError: Error, CustomStringConvertible {
    package let operation: String
    package let path: String
    package let code: Int32

    /// Takes the code of the call that has just failed.
    package init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String { "\(operation) \(path): \(unsafe String(cString: strerror(code)))" }
}
