import Foundation
import Glibc

/// An open, locked directory. Only one daemon at a time can hold it; closed and unlocked on deinit.
package struct DirectoryLock: ~Copyable {
    /// The use of the directory. Locking the byte with this number shows it to other processes.
    package enum Purpose: Int, CaseIterable {
        case recording
        case state

        /// Describes another daemon's use of the directory, for errors.
        fileprivate var words: String {
            switch self {
            case .recording: "another daemon records to"
            case .state: "another daemon keeps its state in"
            }
        }
    }

    package let descriptor: Int32

    /// Opens the directory and creates it if needed.
    package init(_ path: String, for purpose: Purpose, permissions: Int? = nil) throws(FileError) {
        let attributes = permissions.map { [FileAttributeKey.posixPermissions: $0] }
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: attributes)
        let opened = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw FileError("open", path) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let other = Purpose.allCases.first { Self.isMarked(opened, $0) } ?? purpose
            close(opened)
            throw FileError(code == EWOULDBLOCK ? other.words : "lock", path, code: code)
        }
        Self.mark(opened, purpose)
        descriptor = opened
    }

    deinit {
        close(descriptor)
    }

    // Open file description locks (fcntl(2)), released with the descriptor like the directory's own lock. Without support for
    // them in the file system, the other daemon's purpose is assumed to be the same.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private static func mark(_ descriptor: Int32, _ purpose: Purpose) {
        var lock = range(purpose, Int16(F_RDLCK))
        _ = unsafe fcntl(descriptor, setLock, &lock)
    }

    private static func isMarked(_ descriptor: Int32, _ purpose: Purpose) -> Bool {
        var lock = range(purpose, Int16(F_WRLCK))
        return unsafe fcntl(descriptor, getLock, &lock) == 0 && lock.l_type != Int16(F_UNLCK)
    }

    private static func range(_ purpose: Purpose, _ type: Int16) -> flock {
        flock(l_type: type, l_whence: Int16(SEEK_SET), l_start: purpose.rawValue, l_len: 1, l_pid: 0)
    }
}
