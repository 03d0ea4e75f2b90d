import Foundation
import Glibc

/// Paths on disk.
package enum FilePath {
    /// The path with all links resolved; nil if there is no such file.
    package static func resolved(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// A path as a file names it: absolute, or relative to the folder of that file, as in Prometheus' files.
    package static func resolved(_ path: String, in file: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        return URL(fileURLWithPath: file).deletingLastPathComponent().appending(path: path).path
    }
}

/// Shell patterns for paths, and what they lead to.
package enum FilePattern {
    /// The matching files, sorted by bytes so that the order doesn't depend on the locale.
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

/// Devices without an end, such as `/dev/zero`: reading one by mistake would exhaust memory.
package enum EndlessDevice {
    /// Linux numbers `/dev/null` major 1, minor 3.
    private static let null: dev_t = 1 << 8 | 3

    /// Whether an open file is a device that is neither a terminal nor `/dev/null`.
    package static func isOpen(as descriptor: Int32) -> Bool {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return false }
        let isDevice = [S_IFCHR, S_IFBLK].contains(status.st_mode & S_IFMT)
        return isDevice && status.st_rdev != null && isatty(descriptor) == 0
    }
}

/// Complete writes: a single system call may write only part of the bytes.
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

/// A failed system call on a file, with its errno.
package struct FileError: Error, CustomStringConvertible {
    let operation: String
    let path: String
    package let code: Int32

    /// - Parameter code: by default the errno of the call that just failed.
    package init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String { "\(operation) \(path): \(unsafe String(cString: strerror(code)))" }
}
