import Foundation

/// Reads a file, or standard input for `-`, front to back through one buffer.
struct ByteSource {
    let name: String
    private let file: FileHandle
    private(set) var buffer: [UInt8] = []
    /// Where the unread bytes of `buffer` begin.
    private(set) var position = 0
    /// Bytes of the file before `buffer`.
    private var consumed = 0
    private(set) var isAtEnd = false

    /// Large enough that a system call costs nothing beside its bytes.
    private static let chunk = 1 << 20

    /// The size of the file; nil where it has none, as a pipe.
    let size: Int?

    init(_ name: String) throws(ArchiveError) {
        self.name = name
        if name == "-" {
            file = .standardInput
            size = nil
            return
        }
        var isDirectory: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: name, isDirectory: &isDirectory) else {
            throw ArchiveError(.unreadable, name, "no such file")
        }
        guard !isDirectory.boolValue else {
            throw ArchiveError(.unreadable, name, "is a directory; name the archives in it")
        }
        guard let file = FileHandle(forReadingAtPath: name) else {
            throw ArchiveError(.unreadable, name, "can't be opened: \(unsafe String(cString: strerror(errno)))")
        }
        self.file = file
        let attributes = try? FileManager.default.attributesOfItem(atPath: name)
        size = attributes?[.size] as? Int
    }

    /// Unread bytes in the buffer.
    var available: Int { buffer.count - position }

    /// The offset in the file of the next unread byte.
    var offset: Int { consumed + position }

    /// Reads on until `count` unread bytes are in the buffer, or the file has ended.
    mutating func fill(_ count: Int) throws(ArchiveError) {
        while available < count, !isAtEnd {
            let next: Data?
            do {
                next = try file.read(upToCount: Self.chunk)
            } catch {
                throw ArchiveError(.damaged, name, "can't be read at byte \(offset): \(error.localizedDescription)")
            }
            guard let next, !next.isEmpty else {
                isAtEnd = true
                return
            }
            buffer.removeFirst(position)
            consumed += position
            position = 0
            buffer.append(contentsOf: next)
        }
    }

    mutating func advance(_ count: Int) {
        position += count
    }

    /// The unread byte at a distance; nil beyond what is in the buffer.
    func peek(_ distance: Int) -> UInt8? {
        position + distance < buffer.count ? buffer[position + distance] : nil
    }
}
