import Dispatch
package import Foundation
import Rules
import Support
import Synchronization

/// Files that are whole at any moment, also when the process or the machine dies. Each call waits for the disk, seconds
/// where it is in trouble: nothing here may be called by who evaluates rules, nor on a thread of Swift's tasks.
package struct DurableFiles: Sendable {
    /// Brings a file or a directory to disk, as fsync(2) does.
    let synchronize: @Sendable (_ descriptor: Int32) -> Int32

    package static let system = DurableFiles { fsync($0) }

    init(synchronize: @escaping @Sendable (_ descriptor: Int32) -> Int32) {
        self.synchronize = synchronize
    }

    /// Writes a file in one piece: whoever opens it finds the old contents or the new. Readable by its owner only.
    package func replace(_ path: String, with contents: Data) throws {
        let temporary = path + ".new"
        try? FileManager.default.removeItem(atPath: temporary)
        try append(contents, to: temporary)
        guard unsafe rename(temporary, path) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        try synchronizeDirectory(of: path)
    }

    /// Adds to the end of a file, which is made if it isn't there. Where it throws, the file may end within the contents.
    func append(_ contents: Data, to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: contents)
        try check(synchronize(descriptor))
        try file.close()
    }

    /// A name in a directory is on disk when the directory is.
    func synchronizeDirectory(of path: String) throws {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        try check(synchronize(descriptor))
    }

    private func check(_ result: Int32) throws {
        guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }

    /// Puts a file that can't be read out of the way: beside itself, as `NAME.corrupt-20261123T041546Z`.
    /// - Returns: its new path.
    package static func setAside(_ path: String, at time: Int64) -> String {
        let date = Timestamp.rfc3339(time / 1_000_000_000 * 1_000_000_000).filter { $0 != "-" && $0 != ":" }
        let aside = "\(path).corrupt-\(date)"
        return unsafe rename(path, aside) == 0 ? aside : path
    }
}

/// How long alerts wait for a disk. One that takes longer is as good as one that fails: what it was to keep is told all
/// the same, since a page that comes twice is better than one that doesn't come.
package enum DiskPatience {
    package static let limit = Duration.seconds(10)

    /// Waits until `work` has called what it is given, but no longer than `patience`.
    /// - Returns: whether it was called in time.
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

    /// Calls `body` later, on a thread that waits for no disk.
    package static func after(_ patience: Duration = limit, _ body: @escaping @Sendable () -> Void) {
        DispatchQueue.global().asyncAfter(deadline: .now() + patience / .seconds(1), execute: body)
    }

    /// A continuation for whoever comes first.
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
