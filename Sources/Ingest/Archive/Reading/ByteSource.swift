import Glibc
import Support
import Synchronization

/// Reads a file, or standard input for `-`, front to back.
struct ByteSource: ~Copyable {
    let name: String
    /// The size of the file; nil where it has none, as a pipe.
    let size: Int?
    private let descriptor: Int32
    private let isStandardInput: Bool
    private var storage = ByteStorage(minimum: readAhead)
    /// Where in `storage` the unread bytes are.
    private var unread = 0..<0
    /// Bytes of the file before `storage`.
    private var consumed = 0
    private var isAtEnd = false

    /// Large enough that a system call costs nothing beside its bytes. A block of lz4 that is larger is read alone, with
    /// nothing behind it that would have to be moved to the front afterwards.
    private static let readAhead = 256 << 10

    /// - Parameter path: of the file with the bytes, where it is another than the one named.
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
        guard unsafe stat(path, &status) == 0 else { throw ArchiveError(.unreadable, name, "no such file") }
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

    /// How many unread bytes are at hand.
    var available: Int { unread.count }

    /// The offset in the file of the next unread byte.
    var offset: Int { consumed + unread.lowerBound }

    /// The next unread bytes, of those at hand.
    @_lifetime(borrow self)
    func next(_ count: Int) -> RawSpan {
        precondition(count <= available)
        return storage.bytes(unread.lowerBound..<unread.lowerBound + count)
    }

    mutating func advance(_ count: Int) {
        precondition(count <= available)
        unread = unread.lowerBound + count..<unread.upperBound
    }

    /// Whether reading it ends when `PipeReading` does.
    private var isWaitedFor: Bool { size == nil || isStandardInput }

    /// Passes over bytes, whether they are at hand or not; of a file they aren't read.
    ///
    /// - Returns: false where the file ends before.
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

    /// Goes on at an offset of a file; not for a pipe.
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

    /// Reads on until `count` unread bytes are at hand, or the file has ended.
    ///
    /// - Returns: whether there are as many.
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

    /// Moves unread bytes to a chunk until it is full, or the file has ended.
    ///
    /// - Returns: false at the file's end.
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

/// Reading from pipes, which may wait for their other end for ever.
package enum PipeReading {
    private static let isEnded = Atomic<Bool>(false)

    private static let lookInterval: Int32 = 100

    /// From now on all pipes are taken to have ended. May be called in a signal's handler, once `isAsked` was looked at.
    package static func end() {
        isEnded.store(true, ordering: .relaxed)
    }

    package static var isAsked: Bool { isEnded.load(ordering: .relaxed) }

    /// Waits until there is something to read, or the end; false where reading is to end.
    static func wait(for descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while !isAsked {
            let found = unsafe poll(&request, 1, lookInterval)
            // A signal that ends the waiting may be the one that asks for the end: then nothing is there to be read.
            if found > 0 || found < 0 && errno != EINTR { return true }
        }
        return false
    }
}
