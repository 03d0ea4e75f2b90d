import Engine
import Foundation
import Rules
import Support

/// The recorded files of a directory, used by one daemon at a time.
struct ArchiveDirectory: ~Copyable {
    struct File: Equatable {
        let name: String
        let byteCount: Int
        /// Last modification, Unix nanoseconds.
        let modified: Int64
    }

    let path: String
    private let lock: DirectoryLock

    /// Opens the directory and creates it if needed.
    init(_ path: String) throws(FileError) {
        self.path = path
        lock = try DirectoryLock(path, for: .recording)
    }

    /// The name of a file begun at a time (Unix nanoseconds). Names sort by time.
    static func name(_ time: Int64) -> String {
        let (seconds, fraction) = (time / 1_000_000_000, time % 1_000_000_000)
        let date = Timestamp.rfc3339(seconds * 1_000_000_000).filter { $0 != "-" && $0 != ":" && $0 != "Z" }
        let digits = "\(fraction)"
        return "\(prefix)\(date).\(String(repeating: "0", count: 9 - digits.count))\(digits)Z\(suffix)"
    }

    private static let prefix = "spans-"
    private static let suffix = ".otlp.lz4"

    /// All recorded files, oldest first.
    func files() -> [File] { Self.files(in: path) }

    static func files(in path: String) -> [File] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted().compactMap { name in
            var status = stat()
            guard unsafe stat("\(path)/\(name)", &status) == 0 else { return nil }
            let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
            return File(name: name, byteCount: Int(status.st_size), modified: modified)
        }
    }

    /// The time for the name of the next file (Unix nanoseconds): later than all others, even if the clock was set back.
    /// Ignores files named after an impossible time.
    func nextTime(_ time: Int64) -> Int64 {
        guard let begun = files().compactMap({ Self.time($0.name) }).max(), begun >= time, begun < TimeLimits.latest
        else { return time }
        return begun + 1
    }

    /// Creates the file for a time and syncs the directory, so that its name survives a crash.
    func makeFile(_ time: Int64) throws(FileError) -> RecordedFile {
        let file = try RecordedFile(creating: "\(path)/\(Self.name(time))")
        guard fsync(lock.descriptor) == 0 else { throw FileError("fsync", path) }
        return file
    }

    /// When a file was begun, Unix nanoseconds; nil if its name doesn't say.
    static func time(_ name: String) -> Int64? {
        let digits = name.dropFirst(prefix.count).dropLast(suffix.count + 1)
        let parts = digits.split(whereSeparator: { $0 == "T" || $0 == "." }).map(String.init)
        guard parts.count == 3, parts[0].count >= 8, parts[1].count == 6, let fraction = Int64(parts[2]) else {
            return nil
        }
        let (date, clock) = (Array(parts[0]), Array(parts[1]))
        let text =
            "\(String(date[..<4]))-\(String(date[4..<6]))-\(String(date[6...]))"
            + "T\(String(clock[..<2])):\(String(clock[2..<4])):\(String(clock[4...]))Z"
        return Timestamp.parse(rfc3339: text).flatMap { TimeLimits.time($0.addingSaturating(fraction)) }
    }

    /// Removes the oldest files until the rest is within the retention.
    ///
    /// - Parameters:
    ///   - now: Unix nanoseconds.
    ///   - current: the file being written, which is kept.
    /// - Returns: the removed files, and the failures.
    func retain(
        _ settings: RecordingSettings, now: Int64, current: String?
    ) -> (removed: [File], errors: [FileError]) {
        var files = files().filter { "\(path)/\($0.name)" != current }
        // Leaves room for the current file to reach its full size.
        let room = settings.retainBytes - settings.fileBytesMax
        var byteCount = files.reduce(0) { $0 + $1.byteCount }
        var removed: [File] = []
        var errors: [FileError] = []
        while let oldest = files.first {
            let isTooOld = settings.retainAge.map { oldest.modified < now - $0 } ?? false
            guard isTooOld || byteCount > room else { break }
            files.removeFirst()
            byteCount -= oldest.byteCount
            let path = "\(path)/\(oldest.name)"
            if unsafe unlink(path) == 0 { removed.append(oldest) } else { errors.append(FileError("remove", path)) }
        }
        return (removed, errors)
    }
}
