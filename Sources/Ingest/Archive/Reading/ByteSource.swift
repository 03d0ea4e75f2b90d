import Glibc
import Support
import Synchronization

/// Reads a file front to back, or standard input if the name is `-`.
struct ByteSource: ~Copyable {
    let name: String
    /// In bytes; nil if it isn't a regular file.
    let size: Int?
    private let descriptor: Int32
    private let isStandardInput: Bool
    private var storage = ByteStorage(minimum: readAhead)
    /// Range of the unread bytes in `storage`.
    private var unread = 0..<0
    /// Bytes of the file before `storage`.
    private var consumed = 0
    private var isAtEnd = false

    /// Large enough to make the cost of system calls negligible. A larger lz4 block is read on its own, so that nothing
    /// behind it has to be moved to the front afterwards.
    private static let readAhead = 256 << 10

    /// - Parameter path: the file to read if it isn't `name`.
    init(_ name: String, path: String? = nil) throws(ArchiveError) {
        isStandardInput = name == "-" && path == nil
        let file = isStandardInput ? (STDIN_FILENO, nil) : try Self.open(name, path: path ?? name)
        guard !EndlessDevice.isOpen(as: file.0) else {
            if !isStandardInput { close(file.0) }
            throw ArchiveError(.unreadable, name, "is a device, which never ends; name a file or a pipe")
        }
        self.name = name
        (descriptor, size) = file
    }

    private static func open(_ name: String, path: String) throws(ArchiveError) -> (descriptor: Int32, size: Int?) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            let reason = errno == ENOENT ? "no such file" : unsafe String(cString: strerror(errno))
            throw ArchiveError(.unreadable, name, reason)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw ArchiveError(.unreadable, name, "is a directory; name the archives in it")
        }
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ArchiveError(.unreadable, name, "can't be opened: \(unsafe String(cString: strerror(errno)))")
        }
        return (descriptor, status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil)
    }

    deinit {
        if descriptor > STDIN_FILENO { close(descriptor) }
    }

    /// Number of unread bytes in memory.
    var available: Int { unread.count }

    /// Offset in the file of the next unread byte.
    var offset: Int { consumed + unread.lowerBound }

    /// The next unread bytes; at most `available`.
    @_lifetime(borrow self)
    func next(_ count: Int) -> RawSpan {
        precondition(count <= available)
        return storage.bytes(unread.lowerBound..<unread.lowerBound + count)
    }

    mutating func advance(_ count: Int) {
        precondition(count <= available)
        unread = unread.lowerBound + count..<unread.upperBound
    }

    /// Whether `PipeReading.end()` ends this source.
    private var isWaitedFor: Bool { size == nil || isStandardInput }

    /// Skips bytes, in memory or not. Seeks in a file instead of reading.
    ///
    /// - Returns: false if the file ends earlier.
    mutating func skip(_ count: Int) throws(ArchiveError) -> Bool {
        var left = count
        while left > available {
            if let size {
                let target = offset + left
                guard target <= size else { return false }
                try seek(to: target)
                return true
            }
            left -= available
            advance(available)
            guard try fill(1) else { return false }
        }
        advance(left)
        return true
    }

    /// Moves to an offset. Only for files.
    mutating func seek(to target: Int) throws(ArchiveError) {
        precondition(size != nil && target >= 0)
        if target >= offset, target <= offset + available { return advance(target - offset) }
        guard lseek(descriptor, off_t(target), SEEK_SET) == off_t(target) else {
            throw ArchiveError(.damaged, name, "can't be read at byte \(target)")
        }
        consumed = target
        unread = 0..<0
        isAtEnd = false
    }

    /// Reads until `count` unread bytes are in memory or the file ends.
    ///
    /// - Returns: whether there are that many.
    mutating func fill(_ count: Int) throws(ArchiveError) -> Bool {
        guard available < count else { return true }
        makeRoom(for: count)
        let end = max(count, min(Self.readAhead, storage.capacity))
        while available < count, !isAtEnd {
            let (fileOffset, isPipe) = (consumed + unread.upperBound, isWaitedFor)
            let taken = unsafe try storage.write(unread.upperBound..<end) { (room) throws(ArchiveError) in
                unsafe try Self.read(descriptor, into: room, name, fileOffset, isPipe: isPipe)
            }
            unread = unread.lowerBound..<unread.upperBound + taken
            isAtEnd = taken == 0
        }
        return available >= count
    }

    /// Moves unread bytes to a chunk until it is full or the file ends.
    ///
    /// - Returns: false at the end of the file.
    mutating func move(to chunk: inout Chunk) throws(ArchiveError) -> Bool {
        let atHand = min(available, chunk.room)
        chunk.append(next(atHand))
        advance(atHand)
        while chunk.room > 0, !isAtEnd {
            let (fileOffset, isPipe) = (offset, isWaitedFor)
            let taken = unsafe try chunk.append { (room) throws(ArchiveError) in
                unsafe try Self.read(descriptor, into: room, name, fileOffset, isPipe: isPipe)
            }
            consumed += taken
            isAtEnd = taken == 0
        }
        return available > 0 || !isAtEnd
    }

    private mutating func makeRoom(for count: Int) {
        if storage.capacity < count {
            var larger = ByteStorage(minimum: count)
            larger.copy(storage.bytes(unread), to: 0)
            storage = larger
        } else {
            storage.moveToFront(unread)
        }
        consumed += unread.lowerBound
        unread = 0..<unread.count
    }

    private static func read(
        _ descriptor: Int32, into room: UnsafeMutableRawBufferPointer, _ name: String, _ offset: Int, isPipe: Bool
    ) throws(ArchiveError) -> Int {
        if isPipe, !PipeReading.wait(for: descriptor) { return 0 }
        while true {
            let count = unsafe Glibc.read(descriptor, room.baseAddress, room.count)
            if count >= 0 { return count }
            guard errno == EINTR else {
                let reason = unsafe String(cString: strerror(errno))
                throw ArchiveError(.damaged, name, "can't be read at byte \(offset): \(reason)")
            }
        }
    }
}

/// Lets a signal interrupt reads from pipes, which might otherwise block forever.
package enum PipeReading {
    private static let isEnded = Atomic<Bool>(false)

    private static let lookInterval: Int32 = 100

    /// From now on, treats every pipe as ended. Safe to call from a signal handler once `isAsked` has been accessed.
    package static func end() {
        isEnded.store(true, ordering: .relaxed)
    }

    package static var isAsked: Bool { isEnded.load(ordering: .relaxed) }

    /// Waits for data or the end of the pipe; false if reading should stop.
    static func wait(for descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while !isAsked {
            let found = unsafe poll(&request, 1, lookInterval)
            // EINTR may come from the signal that asks to stop, with no data to read: check again.
            if found > 0 || found < 0 && errno != EINTR { return true }
        }
        return false
    }
}
