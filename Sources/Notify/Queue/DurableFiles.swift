import Dispatch
package import Foundation
import Glibc
import Rules
package import Support
import Synchronization

/// Writes files so that they survive a crash of the process or the machine. Every call blocks until the disk has
/// synced, which takes seconds on a disk in trouble: never call these while evaluating rules or on a task's thread.
package struct DurableFiles: Sendable {
    /// fsync(2), unless a test replaces it.
    let synchronize: @Sendable (_ descriptor: Int32) -> Int32

    package static let system = DurableFiles { fsync($0) }

    package init(synchronize: @escaping @Sendable (_ descriptor: Int32) -> Int32) {
        self.synchronize = synchronize
    }

    /// Replaces a file atomically: a reader sees either the old contents or the new. Only the owner can read it.
    package func replace(_ path: String, with contents: Data) throws(FileError) {
        let temporary = path + ".new"
        try? FileManager.default.removeItem(atPath: temporary)
        try append(contents, to: temporary)
        guard unsafe rename(temporary, path) == 0 else { throw FileError("replace", path) }
        try synchronizeDirectory(of: path)
    }

    /// The largest file that is read: state is far smaller, and must fit into memory beside everything else.
    private static let largestBytes = 256 << 20

    /// A file's contents; nil if there is no such file. A file that is too large is an error.
    package static func read(_ path: String) throws(FileError) -> Data? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileError("open", path)
        }
        defer { close(descriptor) }
        var contents = Data()
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError("read", path) }
            guard count > 0 else { return contents }
            guard contents.count + count <= largestBytes else { throw FileError("read", path, code: EFBIG) }
            contents += part[..<count]
        }
    }

    /// Appends to a file, creating it if necessary. If it throws, part of the contents may have been written.
    func append(_ contents: Data, to path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError("open", path) }
        let bytes = Array(contents)
        let failure = unsafe FileWriting.writeAll(bytes.span.bytes, to: descriptor)
        let isSynchronized = failure == nil && synchronize(descriptor) == 0
        let code = failure ?? errno
        guard close(descriptor) == 0, isSynchronized else {
            throw FileError("write", path, code: isSynchronized ? errno : code)
        }
    }

    /// Syncs a file's directory: only then does a new or renamed file survive a crash.
    func synchronizeDirectory(of path: String) throws(FileError) {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", directory) }
        defer { close(descriptor) }
        guard synchronize(descriptor) == 0 else { throw FileError("write", directory) }
    }

    /// Renames an unreadable file to `NAME.corrupt-20261123T041546Z`.
    /// - Returns: its new path.
    package static func setAside(_ path: String, at time: Int64) -> String {
        let date = Timestamp.rfc3339(time / 1_000_000_000 * 1_000_000_000).filter { $0 != "-" && $0 != ":" }
        let aside = "\(path).corrupt-\(date)"
        return unsafe rename(path, aside) == 0 ? aside : path
    }
}

/// How long alerts wait for a disk. A slower disk counts as failed, and alerts are sent anyway: being paged twice is
/// better than not at all.
package enum DiskPatience {
    package static let limit = Duration.seconds(10)

    /// Waits until `work` calls `done`, for at most `patience`.
    /// - Returns: whether `done` was called in time.
    @discardableResult
    package static func wait(
        _ patience: Duration = limit, for work: (_ done: @escaping @Sendable () -> Void) -> Void
    ) async -> Bool {
        await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let once = Once(continuation)
            after(patience) { once.resume(returning: false) }
            work { once.resume(returning: true) }
        }
    }

    /// Calls `body` after `patience`, on a thread that never blocks on a disk.
    package static func after(_ patience: Duration = limit, _ body: @escaping @Sendable () -> Void) {
        DispatchQueue.global().asyncAfter(deadline: .now() + patience / .seconds(1), execute: body)
    }

    /// Resumes a continuation for the first caller only.
    private final class Once: Sendable {
        private let waiting: Mutex<CheckedContinuation<Bool, Never>?>

        init(_ continuation: CheckedContinuation<Bool, Never>) {
            waiting = Mutex(continuation)
        }

        func resume(returning isInTime: Bool) {
            waiting.withLock { $0.take() }?.resume(returning: isInTime)
        }
    }
}
